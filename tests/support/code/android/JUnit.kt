package org.junit

@Target(AnnotationTarget.FUNCTION)
annotation class Test

object Assert {
    fun assertTrue(message: String, condition: Boolean) {
        if (!condition) throw AssertionError(message)
    }

    fun assertArrayEquals(message: String, expecteds: ByteArray, actuals: ByteArray) =
        assertTrue(message, expecteds.contentEquals(actuals))

    fun assertArrayEquals(message: String, expecteds: FloatArray, actuals: FloatArray, delta: Float) =
        assertTrue(message, expecteds.size == actuals.size && expecteds.indices.all { Math.abs(expecteds[it] - actuals[it]) <= delta })
}
