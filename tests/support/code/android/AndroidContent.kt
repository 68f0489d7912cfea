// Stands in for Android: what generated code calls, as Kotlin sees it.

package android.content

import android.content.res.AssetManager

open class Context(val assets: AssetManager)
