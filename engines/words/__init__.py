"""What is written on a page: readers of lettering (OCR), each behind `base.WordReader`.

base      the seam                     rapid  RapidOCR's PP-OCR networks
registry  which there is               manga  manga-ocr's class of model
"""
