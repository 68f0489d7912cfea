package com.google.mediapipe.tasks.core

class BaseOptions(val modelAssetPath: String) {
    class Builder {
        private var path = ""

        fun setModelAssetPath(value: String): Builder = apply { path = value }

        fun build() = BaseOptions(path)
    }

    companion object {
        fun builder() = Builder()
    }
}
