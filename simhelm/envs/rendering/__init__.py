"""Pictures of environments: one file a kind of picture, drawn off screen by matplotlib."""
