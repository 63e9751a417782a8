#ifndef GIT_ORCH_CCMARKGFM_SHIM_H
#define GIT_ORCH_CCMARKGFM_SHIM_H

#include <cmark-gfm.h>
#include <cmark-gfm-core-extensions.h>

#endif
