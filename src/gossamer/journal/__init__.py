"""One line a finished request, in a file before the answer is out: the writer, the reader, the segment format."""
