/*
 * Errors: the names and meanings of errno's codes, of those that libuv has beyond them, and of ours.
 *
 * All answers are constants: nothing is put together, so nothing can be torn.
 */
#include <greenroom/base.h>

#include <string.h>

struct code {
    int status;
    const char *name;
    const char *text;
};

/* libuv's own numbers, which are the same on every Linux, and ours. */
static const struct code codes[] = {
    {-3000, "EAI_ADDRFAMILY", "Address family not supported for this name"},
    {-3001, "EAI_AGAIN", "Temporary failure in name resolution"},
    {-3002, "EAI_BADFLAGS", "Invalid flags for name resolution"},
    {-3003, "EAI_CANCELED", "Name resolution cancelled"},
    {-3004, "EAI_FAIL", "Permanent failure in name resolution"},
    {-3005, "EAI_FAMILY", "Address family not supported in name resolution"},
    {-3006, "EAI_MEMORY", "Out of memory in name resolution"},
    {-3007, "EAI_NODATA", "No address for this name"},
    {-3008, "EAI_NONAME", "Unknown name or service"},
    {-3009, "EAI_OVERFLOW", "Name too long for the buffer"},
    {-3010, "EAI_SERVICE", "Service not available for this type of socket"},
    {-3011, "EAI_SOCKTYPE", "Type of socket not supported in name resolution"},
    {-3013, "EAI_BADHINTS", "Invalid hints for name resolution"},
    {-3014, "EAI_PROTOCOL", "Unknown protocol in name resolution"},
    {-4028, "EFTYPE", "Inappropriate type or format of file"},
    {-4080, "ECHARSET", "Invalid Unicode character"},
    {-4094, "UNKNOWN", "Unknown error"},
    {GR_EOF, "EOF", "End of stream"},
    {GR_ENOTRUNNER, "ENOTRUNNER", "Not in a runner, so it cannot wait"},
    {GR_EWRONGLOOP, "EWRONGLOOP", "A handle of another loop"},
    {GR_ENOTAWAITABLE, "ENOTAWAITABLE", "Not an awaitable"},
    {GR_EKILLED, "EKILLED", "Killed"},
};

static const struct code *find(int status)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].status == status)
            return &codes[i];
    return NULL;
}

/* Whether to ask the system. It knows nothing near INT_MIN, which has no positive. */
static bool is_errno(int status)
{
    return status <= 0 && status > -3000;
}

const char *gr_error_name(int status)
{
    const struct code *code = find(status);
    if (code != NULL)
        return code->name;

    const char *name = is_errno(status) ? strerrorname_np(-status) : NULL;
    return name != NULL ? name : "UNKNOWN";
}

const char *gr_error_text(int status)
{
    const struct code *code = find(status);
    if (code != NULL)
        return code->text;

    const char *text = is_errno(status) ? strerrordesc_np(-status) : NULL;
    return text != NULL ? text : "Unknown error";
}
