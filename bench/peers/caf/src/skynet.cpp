// Skynet: an actor spawns ten, each of which spawns ten, down to the leaves; sums come back up.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t fan_out = 10;

// A leaf has no behavior, so it ends when it has told its number.
class node : public event_based_actor {
public:
    node(actor_config &config, actor parent, uint64_t number, uint64_t leaves)
        : event_based_actor(config), parent_(std::move(parent)), number_(number), leaves_(leaves)
    {
    }

    behavior make_behavior() override
    {
        if (leaves_ == 1) {
            bench::tell(this, parent_, number_);
            return {};
        }
        spawn_children();
        return {
            [this](uint64_t sum) {
                take_sum(sum);
                return bench::nothing{};
            },
        };
    }

private:
    void spawn_children()
    {
        uint64_t each = leaves_ / fan_out;
        for (uint64_t i = 0; i < fan_out; i++)
            spawn<node>(actor{this}, number_ + i * each, each);
    }

    void take_sum(uint64_t sum)
    {
        sum_ += sum;
        if (++summed_ < fan_out)
            return;
        bench::tell(this, parent_, sum_);
        quit();
    }

    actor parent_;
    uint64_t number_;
    uint64_t leaves_;
    uint64_t sum_ = 0;
    uint64_t summed_ = 0;
};

// The greatest power of ten that is not above the amount.
uint64_t power_of_ten(uint64_t amount)
{
    uint64_t power = 1;
    while (power * 10 <= amount)
        power *= 10;
    return power;
}

void run()
{
    uint64_t leaves = power_of_ten(bench::scaled(1000000));
    bench::measure("skynet", "", leaves, [=](scoped_actor &main) {
        main->spawn<node>(actor{main}, uint64_t{0}, leaves);
        bench::check(bench::receive<uint64_t>(main) == leaves * (leaves - 1) / 2, "the sum");
    });
}

bench::program program{"skynet", run, {bench::policy::stealing, 20}};

} // namespace
