"""Session to Qt item models; they hold no state of their own."""
