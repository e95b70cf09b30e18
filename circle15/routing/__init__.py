"""Who walks how long: reach, nearest facility, ways street by street, isochrones, and who may walk where."""
