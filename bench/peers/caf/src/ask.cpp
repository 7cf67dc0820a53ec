// Ask: one actor asks another, one ask after the other, and waits for each reply.
#include "ask.hpp"

using namespace caf;

namespace {

void run()
{
    uint64_t asks = bench::scaled(100000);
    bench::measure("ask", "", asks, [=](scoped_actor &main) {
        auto answerer = main->spawn(ask::answerer);
        main->spawn<ask::asker>(answerer, actor{main}, asks);
        bench::check(bench::receive<uint64_t>(main) == asks, "the last number");
        anon_send(answerer, close_atom_v);
    });
}

bench::program program{"ask", run};

} // namespace
