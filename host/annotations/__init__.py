"""What is on pages, in other people's formats: COCO JSON and Manga109 XML, in and out."""
