/* A V4L2 camera without a kernel's driver: /dev/video77 of a process that has this preloaded.

   It answers what FFmpeg asks a driver: 64 x 48 pixels, YUYV, ten frames a second, each brighter
   than the one before. After CAMERA_FRAMES of them (by default it never stops) it gives none, until
   it is opened anew, as a camera that hangs. Reading blocks unless it was opened not to. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PATH "/dev/video77"
#define WIDTH 64
#define HEIGHT 48
#define SIZE (WIDTH * HEIGHT * 2)
#define ROOM 8192 /* for a buffer, in whole pages */
#define BUFFERS 8
#define PERIOD_S 0.1

static int camera = -1, is_nonblocking, frames;
static int waiting[BUFFERS], waiting_count;
static double began;

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static int most_frames(void) {
    const char *most = getenv("CAMERA_FRAMES");
    return most ? atoi(most) : 1 << 30;
}

static int open_camera(int flags) {
    camera = memfd_create("camera", 0);
    if (camera < 0 || ftruncate(camera, ROOM * BUFFERS)) return -1;
    is_nonblocking = flags & O_NONBLOCK;
    frames = waiting_count = 0;
    return camera;
}

#define OPEN(name)                                                            \
    int name(const char *path, int flags, ...) {                              \
        va_list more;                                                         \
        va_start(more, flags);                                                \
        mode_t mode = va_arg(more, int);                                      \
        va_end(more);                                                         \
        if (!strcmp(path, PATH)) return open_camera(flags);                   \
        int (*others)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);      \
        return others(path, flags, mode);                                     \
    }
OPEN(open)
OPEN(open64)

int close(int file) {
    if (file == camera) camera = -1;
    int (*others)(int) = dlsym(RTLD_NEXT, "close");
    return others(file);
}

static int next_frame(struct v4l2_buffer *buffer) {
    while (frames >= most_frames() || !waiting_count || now() < began + PERIOD_S * (frames + 1)) {
        if (is_nonblocking) {
            errno = EAGAIN;
            return -1;
        }
        usleep(1000);
    }
    int index = waiting[0];
    memmove(waiting, waiting + 1, sizeof *waiting * --waiting_count);
    unsigned char pixels[SIZE];
    for (int at = 0; at < SIZE; at++) pixels[at] = at % 2 ? 128 : (at / 64 + 5 * frames) % 256;
    if (pwrite(camera, pixels, SIZE, (off_t)index * ROOM) != SIZE) return -1;
    memset(buffer, 0, sizeof *buffer);
    buffer->index = index;
    buffer->bytesused = SIZE;
    double at = now();
    buffer->timestamp.tv_sec = at;
    buffer->timestamp.tv_usec = (at - (long)at) * 1e6;
    frames++;
    return 0;
}

static int answer(unsigned long request, void *to) {
    switch (request) {
        case VIDIOC_QUERYCAP: {
            struct v4l2_capability *can = to;
            memset(can, 0, sizeof *can);
            can->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
            return 0;
        }
        case VIDIOC_G_INPUT:
            *(int *)to = 0;
            return 0;
        case VIDIOC_ENUMINPUT:
            ((struct v4l2_input *)to)->std = 0;
            return 0;
        case VIDIOC_G_FMT:
        case VIDIOC_S_FMT: {
            struct v4l2_pix_format *picture = &((struct v4l2_format *)to)->fmt.pix;
            picture->width = WIDTH;
            picture->height = HEIGHT;
            picture->pixelformat = V4L2_PIX_FMT_YUYV;
            picture->field = V4L2_FIELD_NONE;
            picture->sizeimage = SIZE;
            return 0;
        }
        case VIDIOC_G_PARM: {
            struct v4l2_fract *period = &((struct v4l2_streamparm *)to)->parm.capture.timeperframe;
            period->numerator = 1;
            period->denominator = 10;
            return 0;
        }
        case VIDIOC_REQBUFS:
            ((struct v4l2_requestbuffers *)to)->count = BUFFERS;
            return 0;
        case VIDIOC_QUERYBUF: {
            struct v4l2_buffer *buffer = to;
            buffer->length = SIZE;
            buffer->m.offset = buffer->index * ROOM;
            return 0;
        }
        case VIDIOC_QBUF:
            waiting[waiting_count++] = ((struct v4l2_buffer *)to)->index;
            return 0;
        case VIDIOC_STREAMON:
            began = now();
            return 0;
        case VIDIOC_STREAMOFF:
            return 0;
        case VIDIOC_DQBUF:
            return next_frame(to);
        default:
            errno = EINVAL;
            return -1;
    }
}

int ioctl(int file, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *to = va_arg(more, void *);
    va_end(more);
    if (file == camera && file >= 0) return answer(request, to);
    int (*others)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    return others(file, request, to);
}
