"""Which formats there are, by the first bytes of a file; suffixes only say what to look at."""

import re
from typing import NamedTuple

HEAD = 64
"""Bytes from the start of a file that tell its format."""

SUFFIXES = frozenset(
    {
        *(".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2c", ".j2k", ".jfif"),
        *(".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".apng", ".png"),
        *(".tif", ".tiff", ".webp", ".pbm", ".pgm", ".pnm", ".ppm", ".pfm", ".tga", ".ico", ".cur"),
        *(".icns", ".pcx", ".dcx", ".qoi", ".sgi", ".dds", ".psd", ".ras", ".xbm", ".xpm", ".msp"),
    }
)
"""What pictures are called, for folders and data sets alike."""


WRITTEN = ("png", "webp", "jpg", "tiff")
"""What pictures are written as."""


class Format(NamedTuple):
    """A kind of file that can be read."""

    name: str
    module: str
    opener: str
    """The class of `module` that opens it."""


JPEG = Format("JPEG", "PIL.JpegImagePlugin", "JpegImageFile")
PNG = Format("PNG", "PIL.PngImagePlugin", "PngImageFile")
WEBP = Format("WebP", "PIL.WebPImagePlugin", "WebPImageFile")
TIFF = Format("TIFF", "PIL.TiffImagePlugin", "TiffImageFile")
BMP = Format("BMP", "PIL.BmpImagePlugin", "BmpImageFile")
GIF = Format("GIF", "PIL.GifImagePlugin", "GifImageFile")
JPEG_2000 = Format("JPEG 2000", "PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile")
AVIF = Format("AVIF", "PIL.AvifImagePlugin", "AvifImageFile")
HEIC = Format("HEIC", "pillow_heif", "HeifImageFile")
NETPBM = Format("Netpbm", "PIL.PpmImagePlugin", "PpmImageFile")
PSD = Format("PSD", "PIL.PsdImagePlugin", "PsdImageFile")
ICO = Format("ICO", "PIL.IcoImagePlugin", "IcoImageFile")
CUR = Format("CUR", "PIL.CurImagePlugin", "CurImageFile")
ICNS = Format("ICNS", "PIL.IcnsImagePlugin", "IcnsImageFile")
DDS = Format("DDS", "PIL.DdsImagePlugin", "DdsImageFile")
QOI = Format("QOI", "PIL.QoiImagePlugin", "QoiImageFile")
SGI = Format("SGI", "PIL.SgiImagePlugin", "SgiImageFile")
SUN = Format("Sun raster", "PIL.SunImagePlugin", "SunImageFile")
PCX = Format("PCX", "PIL.PcxImagePlugin", "PcxImageFile")
DCX = Format("DCX", "PIL.DcxImagePlugin", "DcxImageFile")
XBM = Format("XBM", "PIL.XbmImagePlugin", "XbmImageFile")
XPM = Format("XPM", "PIL.XpmImagePlugin", "XpmImageFile")
MSP = Format("MSP", "PIL.MspImagePlugin", "MspImageFile")
TGA = Format("TGA", "PIL.TgaImagePlugin", "TgaImageFile")

FORMATS = (
    *(JPEG, PNG, WEBP, TIFF, BMP, GIF, JPEG_2000, AVIF, HEIC, NETPBM, PSD, ICO, CUR, ICNS, DDS),
    *(QOI, SGI, SUN, PCX, DCX, XBM, XPM, MSP, TGA),
)

_STARTS = (
    (JPEG, rb"\xff\xd8\xff"),
    (PNG, rb"\x89PNG\r\n\x1a\n"),
    (WEBP, rb"RIFF....WEBP"),
    (TIFF, rb"II[*+]\0|MM\0[*+]"),
    (BMP, rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    (GIF, rb"GIF8[79]a"),
    (JPEG_2000, rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n"),
    (AVIF, rb"....ftypavi[fs]"),
    # mif1 and msf1 leave it to the brands behind them what the pictures are coded in.
    (AVIF, rb"....ftypm[is]f1....(?:....)*?avi[fs]"),
    (HEIC, rb"....ftyp(?:hei[cxms]|hev[cxms]|m[is]f[12])"),
    (NETPBM, rb"P[1-6]\s[\s\d#]|Pf\s\d"),
    (PSD, rb"8BPS\0\x01"),
    (ICO, rb"\0\0\x01\0[^\0]\0"),
    (CUR, rb"\0\0\x02\0[^\0]\0"),
    (ICNS, rb"icns.{4}(?:TOC |ic[0-9a-z]{2}|i[clst][0-9sm#][0-9k#]|[lhst]8mk|name|info)"),
    (DDS, rb"DDS \x7c\0\0\0"),
    (QOI, rb"qoif.{8}[\3\4][\0\1]"),
    (SGI, rb"\x01\xda[\0\1][\1\2]\0[\1-\3]"),
    (SUN, rb"\x59\xa6\x6a\x95"),
    (PCX, rb"\x0a[\0\2\3\5]\x01[\1\2\4\x08]"),
    (DCX, rb"\xb1\x68\xde\x3a"),
    (XBM, rb"\s*#define[ \t]+\S{0,40}_width[ \t]+\d"),
    (XPM, rb"/\* XPM \*/"),
    (MSP, rb"DanM|LinS"),
    # Without a signature: the fields of its header, with a map of colours and without one.
    (TGA, rb".\0[\2\3\x0a\x0b]\0{5}.{4}(?!\0\0)..(?!\0\0)..[\x08\x10\x18\x20][\0-\x3f]"),
    (TGA, rb".\x01[\1\x09]..(?!\0\0)..[\x10\x18\x20].{4}(?!\0\0)..(?!\0\0)..\x08[\0-\x3f]"),
)

_OTHERS = (
    rb"8BPS|gimp xcf|\xff\x0a|\0\0\0\x0cJXL |v/1\x01|#\?RADIANCE|II\xbc|FUJIFILMCCD-RAW"
    rb"|....ftyp(?:crx |jxl )|P[7F]\s|SIMPLE  =|%!PS|\xc5\xd0\xd3\xc6|\xd7\xcd\xc6\x9a|BLP[12]"
)
"""Large Photoshop documents, GIMP, JPEG XL, OpenEXR, HDR, JPEG XR, raw photos, PAM and colours of
PFM: Pillow does not read them. What it reads and we do not: FITS holds measures without a fixed
white; EPS is a program that Ghostscript would run; WMF is drawn on Windows alone; textures of games
(BLP, FTEX), FLI, GBR, IM, IPTC, PCD, PIXAR, SPIDER and McIdas, for nothing here makes such files,
and what nobody tried with damage is not let in."""


def recognise(head: bytes) -> Format | None:
    """The format of a file that begins with `head`, `HEAD` bytes or more; None if none is ours."""
    head = head[:HEAD]
    for found, start in _STARTS:
        if re.match(start, head, re.DOTALL):
            return found
    return None


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with `head` is a picture, readable here or not.

    `head` is its first `HEAD` bytes, or all of a shorter file. Besides what `decode` reads it knows
    kinds it does not, such as raw photos and EPS: a run over a folder names them as failed instead
    of leaving them out. What has no signature (SVG, raw video) is no picture here.
    """
    return recognise(head) is not None or re.match(_OTHERS, head, re.DOTALL) is not None
