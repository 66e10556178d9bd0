"""The triad in OpenCL C: one work-item a number, so that neighbours read neighbouring addresses."""

from __future__ import annotations

ENTRY = "triad"
TEXT = """\
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

#ifndef __has_builtin
#define __has_builtin(name) 0
#endif
#if __has_builtin(__builtin_nontemporal_store)
#define STORE(value, place) __builtin_nontemporal_store(value, place)
#else
#define STORE(value, place) (*(place) = (value))
#endif

kernel void triad(global double *target, global const double *older, global const double *newer, double factor)
{
    size_t item = get_global_id(0);
    STORE(older[item] + factor * newer[item], &target[item]);
}
"""
