/* An actor has an annex once it needs one, and no longer than itself. */
#include "actors/annex.h"
#include "lib/fixture.h"

enum { MAKE, STOP };

static struct gr__annex *of_self(struct gr_self *self)
{
    return gr__annex_of(gr__loop_here(), gr__container_of(self, struct gr__body, self));
}

static int receive(struct gr_self *self, const struct gr_message *message)
{
    if (message->tag == STOP)
        return gr_actor_stop(gr_self_actor(self), 0);

    struct gr__annex *annex = of_self(self);
    check(annex != NULL);
    return gr_reply(message, &annex, sizeof annex);
}

static const struct gr_behavior annexed = {.name = "annexed", .receive = receive};

static struct gr__annex *annex_of(gr_actor actor)
{
    struct gr__annex *annex = NULL;
    check_equal(gr_ask(actor, MAKE, NULL, 0, &annex, sizeof annex, gr_in(5 * GR_SECOND)), 0);
    return annex;
}

static gr_actor spawn(void)
{
    gr_actor actor = {0};
    check_equal(gr_actor_spawn(&annexed, NULL, &actor), 0);
    return actor;
}

RUNNER_TEST(is_made_once_and_stays)
{
    gr_actor actor = spawn();
    check(gr__body_find(gr__loop_here(), actor.name)->annex == NULL);
    struct gr__annex *annex = annex_of(actor);
    check(annex_of(actor) == annex);
}

static int64_t live_bytes(void)
{
    return gr__pool_live_bytes(&gr__loop_here()->pool);
}

RUNNER_TEST(goes_with_its_actor)
{
    int64_t before = live_bytes();
    gr_actor actor = spawn();
    annex_of(actor);
    check(live_bytes() > before);
    check_equal(gr_send(actor, STOP, NULL, 0), 0);
    check_soon(gr_actor_count() == 0);
    check_equal(live_bytes(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_made_once_and_stays),
        cmocka_unit_test(goes_with_its_actor),
    };
    return cmocka_run_group_tests_name("annex", tests, NULL, NULL);
}
