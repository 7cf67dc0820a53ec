/*
 * A cache that answers while it waits: its handlers interleave where they wait for a slow store.
 *
 *     14_reentrant        prints how six look-ups went, and ends with 1 if they went otherwise
 *
 * Two look-ups fetch a page each, at the same time. The others wait for these, by a lock for each page.
 * When a wait is over others may have changed the state: so who has the lock looks for the page then.
 */
#include <greenroom/greenroom.h>
#include <stdio.h>

enum { PAGES = 2, LOOKUPS = 6 };

struct page {
    struct gr_mutex lock;
    int value; /* 0: it is not there */
};

struct cache {
    struct page pages[PAGES];
    int fetched;
    int at_once;
    int most_at_once;
};

struct answer {
    int value, fetched, most_at_once;
};

static int fetch(struct cache *cache, struct page *page)
{
    if (++cache->at_once > cache->most_at_once)
        cache->most_at_once = cache->at_once;
    int rc = gr_sleep(gr_in(10 * GR_MILLISECOND)); /* the store is slow */
    cache->at_once--;
    if (rc == 0)
        page->value = 11 * ++cache->fetched;
    return rc;
}

static int look_up(struct gr_self *self, const struct gr_message *message)
{
    struct cache *cache = self->state;
    struct page *page = &cache->pages[*(const int *)message->data];
    int rc = gr_mutex_lock(&page->lock, GR_FOREVER);
    if (rc < 0)
        return rc;
    if (page->value == 0)
        rc = fetch(cache, page);
    gr_mutex_unlock(&page->lock);
    struct answer answer = {page->value, cache->fetched, cache->most_at_once};
    return rc < 0 ? rc : gr_reply(message, &answer, sizeof answer);
}

static int run(void *context)
{
    static const struct gr_behavior cache = {.name = "cache",
                                             .receive = look_up,
                                             .state_bytes = sizeof(struct cache),
                                             .reentrancy = GR_REENTRANCY_ALL};
    static const int pages[LOOKUPS] = {0, 1, 0, 1, 1, 0};
    gr_actor actor;
    gr_future futures[LOOKUPS];
    struct answer answer = {0};
    int sum = 0, rc = gr_actor_spawn(&cache, NULL, &actor);
    (void)context;
    for (int i = 0; rc == 0 && i < LOOKUPS; i++)
        rc = gr_ask_start(actor, 0, &pages[i], sizeof(int), &futures[i], gr_in(GR_SECOND));
    for (int i = 0; rc == 0 && i < LOOKUPS; i++, sum += answer.value)
        rc = gr_future_await(futures[i], &answer, sizeof answer, GR_FOREVER);
    printf("%d look-ups of 2 pages: %d fetched, %d at once; sum %d\n", LOOKUPS, answer.fetched,
           answer.most_at_once, sum);
    return rc == 0 && answer.fetched == 2 && answer.most_at_once == 2 && sum == 99 ? 0 : -1;
}

int main(void)
{
    return gr_run(run, NULL, NULL) == 0 ? 0 : 1;
}
