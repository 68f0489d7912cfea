// Decodes with Java, and refuses what Android refuses: a bitmap whose colors were multiplied by alpha is told apart.

package android.graphics

import java.io.ByteArrayInputStream
import javax.imageio.ImageIO

class Bitmap private constructor(val width: Int, val height: Int, private val colors: IntArray) {
    enum class Config { ALPHA_8, RGB_565, ARGB_8888, HARDWARE }

    fun getPixels(pixels: IntArray, offset: Int, stride: Int, x: Int, y: Int, width: Int, height: Int) {
        require(x + width <= this.width && y + height <= this.height) { "x + width must be <= bitmap.width()" }
        for (row in 0 until height) {
            colors.copyInto(pixels, offset + row * stride, (y + row) * this.width + x, (y + row) * this.width + x + width)
        }
    }

    companion object {
        fun createBitmap(colors: IntArray, width: Int, height: Int, config: Config): Bitmap {
            require(config == Config.ARGB_8888 && colors.size >= width * height)
            return Bitmap(width, height, colors)
        }
    }
}

object BitmapFactory {
    class Options {
        var inPreferredConfig: Bitmap.Config = Bitmap.Config.RGB_565
        var inPremultiplied: Boolean = true
        var inScaled: Boolean = true
    }

    fun decodeByteArray(data: ByteArray, offset: Int, length: Int, options: Options): Bitmap? {
        check(options.inPreferredConfig == Bitmap.Config.ARGB_8888 && !options.inPremultiplied && !options.inScaled)
        val image = ImageIO.read(ByteArrayInputStream(data, offset, length)) ?: return null
        val colors = image.getRGB(0, 0, image.width, image.height, null, 0, image.width)
        return Bitmap.createBitmap(colors, image.width, image.height, Bitmap.Config.ARGB_8888)
    }
}
