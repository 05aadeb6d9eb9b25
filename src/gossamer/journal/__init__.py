"""One line a finished request, on disk before the answer leaves: the writer, the reader, the segment format."""
