"""A run -> a folder with a page that runs its files in the browser: test images, photos and the camera, offline.

job.py           the path from a run to the folder
packages.py      LiteRT.js and onnxruntime-web: pinned, found or installed with npm, and which of their files are used
page.py          bundled models -> index.html and demo.json
folder.py        the folder: written whole, and replaced only if edgekit wrote all of it
server.py        a server on this machine with the headers that threads need
static/          the page's script and style; templates/: its HTML; npm/: what `npm ci` installs
"""
