/*
 * The commands on the time keys have left.
 *
 *     EXPIRE key seconds [NX | XX | GT | LT]        PEXPIRE, EXPIREAT, PEXPIREAT likewise
 *     TTL key, EXPIRETIME key                       PTTL, PEXPIRETIME likewise
 *
 * A key that never ends counts as ending later than any other. One whose end is
 * set into the past is removed at once.
 */
#include "expiry.h"

#include "handlers.h"

/* Turn a number into milliseconds of unix time. False if that is too much. */
static bool to_unix(int64_t number, struct expiry_unit unit, int64_t now, int64_t *ret_time)
{
    int64_t scale = unit.seconds ? 1000 : 1;
    if (__builtin_mul_overflow(number, scale, &number))
        return false;
    return !__builtin_add_overflow(number, unit.relative ? now : 0, ret_time);
}

bool expiry_read(struct call *call, size_t index, struct expiry_unit unit, int64_t *ret_ends_at)
{
    int64_t number;
    if (!call_integer(call, index, &number))
        return false;
    if (number > 0 && to_unix(number, unit, call->now, ret_ends_at))
        return true;
    call_bad_expiry(call);
    return false;
}

struct conditions {
    bool if_none, if_some, if_later, if_earlier;
};

static bool read_condition(struct conditions *conditions, struct slice word)
{
    if (slice_is(word, "nx"))
        return conditions->if_none = true;
    if (slice_is(word, "xx"))
        return conditions->if_some = true;
    if (slice_is(word, "gt"))
        return conditions->if_later = true;
    if (slice_is(word, "lt"))
        return conditions->if_earlier = true;
    return false;
}

/* Read the conditions. False if they are none or clash, and that has been answered. */
static bool read_conditions(struct call *call, struct conditions *conditions)
{
    for (size_t i = 3; i < call->argc; i++) {
        if (read_condition(conditions, call->argv[i]))
            continue;
        char word[300];
        size_t size = call->argv[i].size < sizeof word ? call->argv[i].size : sizeof word - 1;
        memcpy(word, call->argv[i].data, size);
        word[size] = '\0';
        reply_error_with(call->reply, "ERR Unsupported option %s", word);
        return false;
    }

    bool some = conditions->if_some || conditions->if_later || conditions->if_earlier;
    if (conditions->if_none && some)
        reply_error(call->reply, "ERR NX and XX, GT or LT options at the same time are "
                                 "not compatible");
    else if (conditions->if_later && conditions->if_earlier)
        reply_error(call->reply, "ERR GT and LT options at the same time are not compatible");
    else
        return true;
    return false;
}

static bool met(const struct conditions *conditions, const struct entry *entry, int64_t ends_at)
{
    bool ends = entry->ends_at != ENTRY_NEVER;
    return !(conditions->if_none && ends) && !(conditions->if_some && !ends) &&
           !(conditions->if_later && ends_at <= entry->ends_at) &&
           !(conditions->if_later && !ends) &&
           !(conditions->if_earlier && ends && ends_at >= entry->ends_at);
}

static void set_end(struct store *store, struct call *call, struct entry *entry, int64_t ends_at)
{
    if (ends_at <= call->now) {
        store_remove(store, entry);
    } else if (store_prepare_end(store) < 0) {
        call_no_memory(call);
        return;
    } else {
        store_set_end(store, entry, ends_at);
    }
    reply_integer(call->reply, 1);
}

static void expire(struct store *store, struct call *call, struct expiry_unit unit)
{
    struct conditions conditions = {0};
    int64_t number, ends_at;
    if (!read_conditions(call, &conditions) || !call_integer(call, 2, &number))
        return;
    if (!to_unix(number, unit, call->now, &ends_at)) {
        call_bad_expiry(call);
        return;
    }

    struct entry *entry = call_find(store, call);
    if (entry == NULL || !met(&conditions, entry, ends_at))
        reply_integer(call->reply, 0);
    else
        set_end(store, call, entry, ends_at);
}

void expiry_expire(struct store *store, struct call *call)
{
    expire(store, call, (struct expiry_unit){true, true});
}

void expiry_pexpire(struct store *store, struct call *call)
{
    expire(store, call, (struct expiry_unit){false, true});
}

void expiry_expireat(struct store *store, struct call *call)
{
    expire(store, call, (struct expiry_unit){true, false});
}

void expiry_pexpireat(struct store *store, struct call *call)
{
    expire(store, call, (struct expiry_unit){false, false});
}

void expiry_persist(struct store *store, struct call *call)
{
    struct entry *entry = call_find(store, call);
    reply_integer(call->reply, entry != NULL && store_persist(store, entry));
}

/* Answer when a key ends: -2 if there is none, -1 if never. */
static void tell(struct store *store, struct call *call, struct expiry_unit unit)
{
    const struct entry *entry = call_find(store, call);
    if (entry == NULL || entry->ends_at == ENTRY_NEVER) {
        reply_integer(call->reply, entry == NULL ? -2 : -1);
        return;
    }

    int64_t left = unit.relative ? entry->ends_at - call->now : entry->ends_at;
    reply_integer(call->reply, unit.seconds ? left / 1000 + (left % 1000 >= 500) : left);
}

void expiry_ttl(struct store *store, struct call *call)
{
    tell(store, call, (struct expiry_unit){true, true});
}

void expiry_pttl(struct store *store, struct call *call)
{
    tell(store, call, (struct expiry_unit){false, true});
}

void expiry_expiretime(struct store *store, struct call *call)
{
    tell(store, call, (struct expiry_unit){true, false});
}

void expiry_pexpiretime(struct store *store, struct call *call)
{
    tell(store, call, (struct expiry_unit){false, false});
}
