package com.google.mediapipe.tasks.components.containers

class Category(private val score: Float, private val index: Int, private val categoryName: String) {
    fun score(): Float = score
    fun index(): Int = index
    fun categoryName(): String = categoryName
}

class Classifications(private val categories: List<Category>) {
    fun categories(): List<Category> = categories
}

class ClassificationResult(private val classifications: List<Classifications>) {
    fun classifications(): List<Classifications> = classifications
}
