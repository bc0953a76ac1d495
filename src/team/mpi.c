/* The transport of src/team/transport.h over MPI: point-to-point messages only, since the order of
 * a library's own reductions depends on sizes and ranks (Open MPI and MPICH choose it), and results
 * must not. Compiled as a module of its own for each MPI that is found (cmake/mpi.cmake). */
#include <mpi.h>
#include <stdio.h>
#include <string.h>

#include "team/transport.h"

_Static_assert(sizeof(MPI_Request) <= sizeof(uint64_t), "a request has room");

static MPI_Comm world;

static bool fails(int status, const char *what, char fault[256]) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (status != MPI_SUCCESS) {
        MPI_Error_string(status, text, &length);
        snprintf(fault, 256, "%s: %.200s", what, text);
    }
    return status != MPI_SUCCESS;
}

static bool find_place(lk_transport_place *place, char fault[256]) {
    char host[MPI_MAX_PROCESSOR_NAME] = "";
    int rank = 0, size = 0, local = 0, length = 0;
    MPI_Comm here;
    if (fails(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup", fault) ||
        fails(MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler",
              fault) ||
        fails(MPI_Comm_rank(world, &rank), "MPI_Comm_rank", fault) ||
        fails(MPI_Comm_size(world, &size), "MPI_Comm_size", fault) ||
        fails(MPI_Get_processor_name(host, &length), "MPI_Get_processor_name", fault) ||
        fails(MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &here),
              "MPI_Comm_split_type", fault) ||
        fails(MPI_Comm_size(here, &local), "MPI_Comm_size", fault)) {
        return false;
    }
    MPI_Comm_free(&here);
    place->rank = rank;
    place->size = size;
    place->local = local;
    snprintf(place->host, sizeof place->host, "%.*s", LK_HOST_CAPACITY - 1, host);
    return true;
}

static bool open_world(lk_transport_place *place, char fault[256]) {
    int provided = 0;
    if (fails(MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread",
              fault)) {
        return false;
    }
    if (provided < MPI_THREAD_SERIALIZED) {
        snprintf(fault, 256, "this MPI was built without support for threads");
        return false;
    }
    return find_place(place, fault);
}

static bool send_bytes(const void *bytes, int64_t size, int32_t to, int32_t tag,
                       uint64_t *request) {
    MPI_Request begun;
    bool right = MPI_Isend(bytes, (int)size, MPI_BYTE, to, tag, world, &begun) == MPI_SUCCESS;
    memcpy(request, &begun, sizeof begun);
    return right;
}

static bool receive_bytes(void *bytes, int64_t size, int32_t from, int32_t tag, uint64_t *request) {
    MPI_Request begun;
    bool right = MPI_Irecv(bytes, (int)size, MPI_BYTE, from, tag, world, &begun) == MPI_SUCCESS;
    memcpy(request, &begun, sizeof begun);
    return right;
}

static bool test_request(uint64_t *request, bool *done) {
    MPI_Request begun;
    int flag = 0;
    memcpy(&begun, request, sizeof begun);
    bool right = MPI_Test(&begun, &flag, MPI_STATUS_IGNORE) == MPI_SUCCESS;
    memcpy(request, &begun, sizeof begun);
    *done = flag != 0;
    return right;
}

static void close_world(void) {
    MPI_Comm_free(&world);
    MPI_Finalize();
}

static void abort_world(int status) {
    MPI_Abort(MPI_COMM_WORLD, status);
}

__attribute__((visibility("default"))) extern const lk_transport lk_transport_table;
const lk_transport lk_transport_table = {
    .version = LK_TRANSPORT_VERSION,
    .name = LK_MPI_NAME,
    .open = open_world,
    .send = send_bytes,
    .receive = receive_bytes,
    .test = test_request,
    .close = close_world,
    .abort = abort_world,
};
