"""What nmrcam writes: annotated pictures, maps as arrays, tables. No Qt.

Every file is written aside and renamed, so that a crash or a full disk never leaves
half a file or destroys the one that was there. Importing this package loads no
matplotlib; drawing a picture does.
"""
