"""Films, a frame at a time: read, cut out, kept steady, written. Needs the extra `video`."""

from u2net.films.encode import FilmWriter as FilmWriter
from u2net.films.frames import Frame as Frame
