"""What Windows tells and does through its own libraries: each call beside a pure function that reads its bytes.

In: calls by ctypes, without any package. Out: plain data; OSError where this is no Windows, or it does not tell.
"""
