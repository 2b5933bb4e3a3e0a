"""Debian's libwim15 as a judge of XPRESS chunks: reads jobs from stdin, one a line, and answers one a line.

    d SIZE BASE64    decompress the chunk to SIZE bytes  -> BASE64, or "error N"
    c BASE64         compress the chunk                  -> BASE64, or "stored" where it does not shrink
"""
import base64
import ctypes
import ctypes.util
import sys

XPRESS, BLOCK, LEVEL = 1, 65536, 50

lib = ctypes.CDLL(ctypes.util.find_library("wim") or "libwim.so.15")
lib.wimlib_compress.restype = ctypes.c_size_t
lib.wimlib_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
lib.wimlib_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
decompressor, compressor = ctypes.c_void_p(), ctypes.c_void_p()
if lib.wimlib_create_decompressor(XPRESS, ctypes.c_size_t(BLOCK), ctypes.byref(decompressor)):
    sys.exit("no decompressor")
if lib.wimlib_create_compressor(XPRESS, ctypes.c_size_t(BLOCK), ctypes.c_uint(LEVEL), ctypes.byref(compressor)):
    sys.exit("no compressor")

for line in sys.stdin:
    job, *args = line.split()
    data = base64.b64decode(args[-1])
    if job == "d":
        size = int(args[0])
        out = ctypes.create_string_buffer(size)
        code = lib.wimlib_decompress(data, len(data), out, size, decompressor)
        print("error %d" % code if code else base64.b64encode(out.raw).decode(), flush=True)
    else:
        out = ctypes.create_string_buffer(len(data))
        size = lib.wimlib_compress(data, len(data), out, len(data), compressor)
        print(base64.b64encode(out.raw[:size]).decode() if size else "stored", flush=True)
