/*
 * Two pages fetched side by side, in time or not at all: a scope, its deadline, and clean-up.
 *
 *     07_scope            prints what came of it when all goes well, when one page is missing,
 *                         and when one server is too slow
 *
 * Whatever happens, all that was begun has ended before the scope is closed.
 */
#include <errno.h>
#include <greenroom/greenroom.h>
#include <stdio.h>

struct page {
    const char *name;
    gr_time takes; /* until its server has answered */
    int answer;    /* 0, or why there is no page */
};

/* Stands for a request: it waits for its server, and is told where the others are not to be had. */
static int fetch(void *context)
{
    const struct page *page = context;
    int rc = gr_sleep(gr_in(page->takes));
    if (rc == 0)
        rc = page->answer;
    printf("  %s: %s\n", page->name, rc == 0 ? "fetched" : gr_error_text(rc));
    return rc;
}

/* May wait: although the scope was cancelled, there is time to say goodbye. */
static void hang_up(void *context)
{
    int rc = gr_sleep(gr_in(GR_MILLISECOND));
    printf("  %s is hung up%s\n", (const char *)context, rc == 0 ? "" : " on");
}

static int fetch_both(struct page pages[2], gr_time within)
{
    struct gr_scope scope;
    gr_scope_open(&scope, &(struct gr_scope_options){.name = "pages"}, gr_in(within));
    int rc = gr_scope_defer(&scope, hang_up, "the line");
    for (int i = 0; rc == 0 && i < 2; i++) {
        int loop = i % gr_loop_count();
        rc = gr_scope_start_on(&scope, loop, fetch, &pages[i], NULL, NULL);
    }
    return gr_scope_close(&scope, rc);
}

static int expect(const char *what, int outcome, int expected)
{
    printf("%s: %s\n", what, outcome == 0 ? "both are here" : gr_error_text(outcome));
    return outcome == expected ? 0 : -EILSEQ;
}

static int run(void *context)
{
    (void)context;
    gr_time soon = GR_MILLISECOND, late = 60 * GR_SECOND;
    struct page well[] = {{"news", soon, 0}, {"weather", soon, 0}};
    struct page missing[] = {{"news", soon, -ENOENT}, {"weather", late, 0}};
    struct page slow[] = {{"news", soon, 0}, {"weather", late, 0}};

    int rc = expect("well", fetch_both(well, late), 0);
    if (rc == 0)
        rc = expect("missing", fetch_both(missing, late), -ENOENT);
    if (rc == 0)
        rc = expect("slow", fetch_both(slow, GR_SECOND / 5), -ETIMEDOUT);
    return rc;
}

int main(void)
{
    return gr_run(run, NULL, &(struct gr_options){.report = gr_report_to_stderr}) < 0;
}
