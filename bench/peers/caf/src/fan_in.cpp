// Fan in: eight actors send to one.
#include "bench.hpp"

#include <array>

using namespace caf;

namespace {

constexpr uint32_t senders = 8;

struct receiver_state {
    std::array<uint64_t, senders> next{};
    uint64_t left = 0;
};

behavior receiver(stateful_actor<receiver_state> *self, actor main, uint64_t each)
{
    self->state.left = senders * each;
    return {
        [=](uint32_t from, uint64_t number) {
            auto &state = self->state;
            bench::check(number == state.next[from]++, "messages are not in order");
            if (--state.left == 0) {
                bench::tell(self, main, ok_atom_v);
                self->quit();
            }
            return bench::nothing{};
        },
    };
}

behavior sender(event_based_actor *self, actor to, uint32_t number, uint64_t each)
{
    for (uint64_t i = 0; i < each; i++)
        bench::tell(self, to, number, i);
    return {};
}

void run()
{
    uint64_t each = bench::scaled(125000);
    bench::measure("fan_in", "", senders * each, [=](scoped_actor &main) {
        auto to = main->spawn(receiver, actor{main}, each);
        for (uint32_t i = 0; i < senders; i++)
            main->spawn(sender, to, i, each);
        bench::receive<ok_atom>(main);
    });
}

bench::program program{"fan_in", run, {bench::policy::stealing, bench::no_limit}};

} // namespace
