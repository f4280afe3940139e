"""A real RTSP server, GStreamer's, run with the system's Python, which has its bindings.

    /usr/bin/python3 tests/rtsp_server.py PORT PIPELINE [USER PASSWORD] [--certificate FILE]

Serves PIPELINE at rtsp://127.0.0.1:PORT/live until it is killed; says "ready" when it can. With a
certificate and its key, as PEM in one file, it serves at rtsps:// and not at rtsp://.
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtspServer  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("port")
parser.add_argument("pipeline")
parser.add_argument("login", nargs="*")
parser.add_argument("--certificate")
options = parser.parse_args()
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(options.port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(options.pipeline)
factory.set_shared(True)
if options.login or options.certificate:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if options.login:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(*options.login), token)
    else:
        auth.set_default_token(token)
    if options.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(options.certificate))
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
