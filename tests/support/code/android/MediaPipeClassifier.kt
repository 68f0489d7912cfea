// Answers the red, green and blue of the first pixel as scores of the first three classes, best first.

package com.google.mediapipe.tasks.vision.imageclassifier

import android.content.Context
import com.google.mediapipe.framework.image.MPImage
import com.google.mediapipe.tasks.components.containers.Category
import com.google.mediapipe.tasks.components.containers.ClassificationResult
import com.google.mediapipe.tasks.components.containers.Classifications
import com.google.mediapipe.tasks.core.BaseOptions

class ImageClassifierResult(private val classificationResult: ClassificationResult) {
    fun classificationResult(): ClassificationResult = classificationResult
}

class ImageClassifier private constructor() : AutoCloseable {
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
        val color = IntArray(1).also { image.bitmap.getPixels(it, 0, 1, 0, 0, 1, 1) }[0]
        val categories = List(3) { Category((color shr (16 - 8 * it) and 0xFF) / 256f, it, "") }
        val sorted = categories.sortedByDescending { it.score() }
        return ImageClassifierResult(ClassificationResult(listOf(Classifications(sorted))))
    }

    override fun close() = Unit

    companion object {
        fun createFromOptions(context: Context, options: ImageClassifierOptions): ImageClassifier {
            context.assets.open(options.baseOptions.modelAssetPath).close()
            return ImageClassifier()
        }
    }
}
