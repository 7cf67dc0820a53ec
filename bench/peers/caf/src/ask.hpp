// An actor that answers each number with the next, and one that asks it so often, one after the
// other.
#pragma once

#include "bench.hpp"

namespace ask {

inline caf::behavior answerer(caf::event_based_actor *self)
{
    return {
        [](uint64_t number) { return number + 1; },
        [=](caf::close_atom) { self->quit(); },
    };
}

class asker : public caf::event_based_actor {
public:
    asker(caf::actor_config &config, caf::actor answerer, caf::actor main, uint64_t asks)
        : caf::event_based_actor(config), answerer_(std::move(answerer)), main_(std::move(main)),
          left_(asks)
    {
    }

    caf::behavior make_behavior() override
    {
        next(0);
        return {};
    }

private:
    // No behavior, and no request under way after the last: it ends then.
    void next(uint64_t number)
    {
        if (left_-- == 0)
            bench::tell(this, main_, number);
        else
            request(answerer_, caf::infinite, number).then([this](uint64_t answer) {
                next(answer);
            });
    }

    caf::actor answerer_;
    caf::actor main_;
    uint64_t left_;
};

} // namespace ask
