"""A chapter as scenes and shots.

records     what a storyboard is
shots       the shot of a panel, by what analysis found on it
from_pages  a chapter's pages into scenes
script      a script's text into scenes, by rules
replies     a language model's answer into scenes
fountain    a storyboard as a script
sheet       a storyboard as one picture
"""
