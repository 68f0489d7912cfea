// Finds the orientation in the EXIF data of a big-endian JPEG file, as Pillow writes them.

package android.media

import java.io.InputStream

class ExifInterface(stream: InputStream) {
    private val bytes = stream.readBytes()

    fun getAttributeInt(tag: String, defaultValue: Int): Int {
        require(tag == TAG_ORIENTATION)
        val entry = byteArrayOf(0x01, 0x12, 0, 3, 0, 0, 0, 1)
        val place = (0..bytes.size - 12).firstOrNull { at -> entry.indices.all { bytes[at + it] == entry[it] } }
        return if (place == null) defaultValue else bytes[place + 9].toInt()
    }

    companion object {
        const val TAG_ORIENTATION = "Orientation"
        const val ORIENTATION_NORMAL = 1
    }
}
