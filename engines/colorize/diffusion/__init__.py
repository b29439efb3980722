"""What engines on diffusers share: from files to a pipeline on its device, and from a request to a picture."""
