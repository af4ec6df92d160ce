"""Networks, inference, explanations, training. The only home of TensorFlow and Keras.

Import this package freely: it loads nothing heavy. `batch` and `server` can be
imported without TensorFlow; every other module may load Keras.
"""
