"""Windows, docks, views, dialogs, actions."""
