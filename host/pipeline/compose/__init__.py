"""The engine gives colour, the page keeps its ink: everything between an engine's picture and the composed page."""
