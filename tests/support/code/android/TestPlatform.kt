// The assets of the app and of its test are one folder: the system property "assets".

package androidx.test.platform.app

import android.content.Context
import android.content.res.AssetManager
import java.io.File

class Instrumentation(val context: Context, val targetContext: Context)

object InstrumentationRegistry {
    fun getInstrumentation(): Instrumentation {
        val context = Context(AssetManager(File(System.getProperty("assets"))))
        return Instrumentation(context, context)
    }
}
