#ifndef GIT_ORCH_CLIBYAML_SHIM_H
#define GIT_ORCH_CLIBYAML_SHIM_H

#include <yaml.h>

#endif
