"""What else one does with a page: filters, cut-outs, drawings as vectors, films of panels, storyboards."""
