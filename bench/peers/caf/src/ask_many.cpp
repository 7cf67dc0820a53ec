// Ask, many: 1,000 actors ask one at once, each one ask after the other.
#include "ask.hpp"

using namespace caf;

namespace {

constexpr uint64_t askers = 1000;

void run()
{
    uint64_t asks = bench::scaled(100);
    bench::measure("ask_many", "", askers * asks, [=](scoped_actor &main) {
        auto answerer = main->spawn(ask::answerer);
        for (uint64_t i = 0; i < askers; i++)
            main->spawn<ask::asker>(answerer, actor{main}, asks);
        for (uint64_t i = 0; i < askers; i++)
            bench::check(bench::receive<uint64_t>(main) == asks, "a last number");
        anon_send(answerer, close_atom_v);
    });
}

bench::program program{"ask_many", run};

} // namespace
