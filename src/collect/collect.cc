#include "pond/collect.h"

#include "collect/hydrovu_job.h"

namespace pond::collect {

void add_collectors(factory::Registry& registry) {
  registry.add(hydrovu::factory_type());
}

}  // namespace pond::collect
