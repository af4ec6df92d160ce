"""Core types, readers, preprocessing and writers: no Qt, no TensorFlow."""
