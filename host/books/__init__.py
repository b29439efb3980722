"""Comics on disk: pictures, folders and archives in; coloured pictures and archives out."""
