/*
 * A session as an actor that reads from top to bottom: log in, talk, log out.
 *
 *     13_process          prints what two sessions came to, and ends with 1 if that is wrong
 *
 * It takes the message it wants next, and leaves the others where they are: what is said before the
 * login is heard after it. A wrong number may be followed by another until the time is up. Then the
 * session ends: what it has not heard becomes dead letters, and who has asked it is told so.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>
#include <string.h>

enum { LOGIN = 1, SAY, LOGOUT, NUMBER = 42 };

static int log_in(struct gr_self *self, gr_time deadline)
{
    const struct gr_message *message;
    int rc;
    while ((rc = gr_receive(self, gr_pattern_tag(LOGIN), &message, deadline)) == 0) {
        bool right = *(const int *)message->data == NUMBER;
        rc = right ? gr_reply(message, NULL, 0) : gr_reply_error(message, -EACCES);
        if (right || rc < 0)
            return rc;
    }
    return rc;
}

static int talk(struct gr_self *self)
{
    gr_pattern either = gr_pattern_range(SAY, LOGOUT);
    const struct gr_message *message;
    int heard = 0, rc;
    while ((rc = gr_receive(self, either, &message, gr_in(GR_SECOND))) == 0) {
        if (message->tag == LOGOUT)
            return gr_reply(message, &heard, sizeof heard);
        heard = heard * 10 + *(const int *)message->data;
    }
    return rc;
}

static int session_run(struct gr_self *self)
{
    int rc = log_in(self, gr_in(GR_SECOND / 10));
    return rc < 0 ? rc : talk(self);
}

/* Says 1, logs in with some number, says 2, and logs out. */
static int visit(int number, int *ret_heard)
{
    static const struct gr_behavior session = {.name = "session", .run = session_run};
    gr_actor actor;
    int rc = gr_actor_spawn(&session, NULL, &actor);
    rc = rc < 0 ? rc : gr_send(actor, SAY, &(int){1}, sizeof(int));
    if (rc < 0)
        return rc;
    rc = gr_ask(actor, LOGIN, &number, sizeof number, NULL, 0, gr_in(GR_SECOND));
    printf("login with %d: %s\n", number, rc < 0 ? strerror(-rc) : "welcome");
    rc = gr_send(actor, SAY, &(int){2}, sizeof(int));
    return rc < 0 ? rc : gr_ask(actor, LOGOUT, NULL, 0, ret_heard, sizeof(int), gr_in(GR_SECOND));
}

static int run(void *context)
{
    (void)context;
    int heard = 0, unheard = 0, rc = visit(NUMBER, &heard);
    if (rc < 0)
        return rc;
    rc = visit(NUMBER + 1, &unheard);
    int lost = (int)gr_dead_letters();
    printf("the first was heard to say %d; the second: %s, and %d messages unheard\n", heard,
           strerror(-rc), lost);
    return heard == 12 && rc == -ESTALE && lost == 3 ? 0 : -EBADMSG;
}

int main(void)
{
    return gr_run(run, NULL, NULL) < 0;
}
