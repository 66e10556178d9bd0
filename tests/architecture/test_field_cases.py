"""Situations from public bug reports, by number: each is held by a test here, which must not vanish unnoticed."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
RAPL, HWMON, BATTERY = (f"bench/energy/meters/test_{name}.py" for name in ("rapl", "hwmon", "battery"))
PLUGS, COMMAND = "bench/energy/meters/test_plugs.py", "bench/energy/meters/test_command.py"
SENSORS, LOAD, QUOTA = "bench/machine/test_sensors.py", "bench/machine/test_load.py", "kernels/system/test_quota.py"
CURVES, RECORD = "bench/energy/joules/test_efficiency_curves.py", "bench/energy/joules/test_record.py"
IDENTITY, HISTORY = "reports/collect/test_identity.py", "reports/compare/history/test_history.py"
SIGNATURE, UNITS = "kernels/system/test_signature.py", "reports/wording/test_units.py"
FILES, SCAN, GATHER = "cli/test_files.py", "cli/commands/test_scan.py", "reports/collect/test_gather.py"
FITTING = "bench/test_fitting.py"

# Number: what happens, and the tests that hold what is right.
CASES: dict[int, tuple[str, tuple[tuple[str, str], ...]]] = {
    1: ("one counter under two dies", ((RAPL, "test_dies_that_show_one_counter_are_counted_once"),
                                       (RAPL, "test_dies_of_one_package_are_added_up"))),
    2: ("two sockets", ((HWMON, "test_two_sockets_are_one_figure"),
                        (HWMON, "test_two_labels_of_one_socket_are_not_added_up"))),
    3: ("a power supply's rails", ((HWMON, "test_of_a_power_supply_only_the_total_is_the_machine"),)),
    5: ("an error value for watts", ((HWMON, "test_an_error_value_is_no_power"),)),
    6: ("a battery's chip while charging", ((HWMON, "test_a_chip_of_a_power_supply_is_no_meter"),)),
    7: ("discharging beside a charger", ((BATTERY, "test_a_battery_that_is_discharged_beside_a_charger_is_not_the_"
                                                   "whole_machine"),)),
    9: ("the MMIO twin of a package", ((RAPL, "test_the_same_package_seen_through_two_doors_counts_once"),)),
    10: ("130 meters", ((FITTING, "test_more_meters_than_a_result_holds_cost_nothing_but_the_least_of_them"),
                        (HWMON, "test_of_more_sensors_than_a_result_holds_the_sums_stay_and_cores_go"))),
    11: ("CPU power and I/O power", ((HWMON, "test_cpu_and_io_are_parts_of_one_chip"),)),
    14: ("Tctl beside Tdie", ((SENSORS, "test_a_temperature_is_the_die_s_and_one_that_can_be"),)),
    16: ("the steal counter leaps", (
        (LOAD, "test_a_counter_that_leaps_is_unknown_rather_than_more_cpus_than_there_are"),)),
    17: ("a wireless mouse", ((BATTERY, "test_a_mouse_s_battery_does_not_drive_the_machine"),)),
    18: ("swapped headers and targets", (
        (SCAN, "test_a_header_that_makes_sense_only_with_its_bytes_swapped_is_hinted_at"),
        (SCAN, "test_getwork_s_little_endian_target_is_hinted_at"))),
    19: ("quotas of version 1, nested", ((QUOTA, "test_version_1_grants_by_two_files"),
                                         (QUOTA, "test_the_least_of_nested_groups_counts"),
                                         ("bench/warnings/test_judge.py",
                                          "test_a_quota_is_named_with_what_it_held_back"))),
    20: ("a password answer with status 200", (
        (PLUGS, "test_a_tasmota_that_wants_a_password_says_so_with_status_200"),)),
    21: ("one total beside listed powers", ((PLUGS, "test_one_total_beside_listed_powers_is_not_the_channel_s"),)),
    22: ("a Shelly without a switch", ((PLUGS, "test_a_shelly_without_a_switch_is_asked_for_its_meter"),)),
    23: ("watts that are fed back", ((PLUGS, "test_power_that_is_fed_back_is_refused_with_its_reason"),)),
    24: ("a rate of two levels", ((CURVES, "test_a_rate_of_two_levels_has_the_joules_of_both"),
                                  ("bench/warnings/test_levels.py", "test_to_and_fro_between_two_levels"))),
    25: ("Arm without a name", ((SIGNATURE, "test_graviton_2_and_3_have_two_names"),
                                (IDENTITY, "test_arm_machines_without_a_name_are_told_apart_by_their_parts"))),
    26: ("the nominal clock", ((SENSORS, "test_a_nominal_clock_is_none"),
                               (SENSORS, "test_the_clock_is_that_of_the_cpus_that_work"))),
    27: ("a file that is no longer written", ((COMMAND, "test_a_file_that_is_no_longer_written_says_nothing"),)),
    29: ("consoles with few letters", (
        ("cli/test_terminals.py", "test_names_that_a_console_cannot_show_are_no_fault"),)),
    30: ("a run of 1970", ((FITTING, "test_a_run_of_1970_says_that_its_clock_was_never_set"),
                           (HISTORY, "test_a_run_of_1970_is_no_step_and_neither_the_newest_nor_a_fall"))),
    33: ("a counter that stands still", ((RECORD, "test_a_counter_that_stands_still_is_no_zero"),)),
    34: ("tiny rates", ((UNITS, "test_a_rate_gets_the_unit_that_fits"),)),
    41: ("two equal cards", ((IDENTITY, "test_two_equal_cards_are_two_devices"),
                             (IDENTITY, "test_so_they_are_over_several_runs_and_no_step_is_seen_within_one"))),
    42: ("driver updates", ((HISTORY, "test_driver_updates_of_one_card_are_one_history_in_which_the_slower_driver_is_"
                                      "found"),)),
    43: ("ids swapped between runs", ((IDENTITY, "test_ids_swapped_between_runs_are_matched_by_identity"),)),
    44: ("another processor", ((IDENTITY, "test_processors_of_one_name_and_different_numbers_are_two"),)),
    45: ("a spike in one run", ((HISTORY, "test_a_spike_in_one_run_is_no_step_wherever_it_stands"),)),
    46: ("files that are none in a folder", ((FILES, "test_broken_files_are_named_and_the_rest_is_shown"),)),
    47: ("one proof under several notes", ((IDENTITY, "test_one_proof_under_four_notes_is_one_run"),
                                           (IDENTITY, "test_the_same_proof_on_another_processor_is_no_second_device"))),
    48: ("rounding over a prefix", ((UNITS, "test_no_figure_needs_the_next_prefix_or_a_fifth_digit"),)),
    49: ("names alike in 119 letters", ((IDENTITY, "test_fifty_devices_with_names_alike_in_119_letters_have_fifty_"
                                                   "labels"),)),
    50: ("no home", (("kernels/system/test_trust.py",
                      "test_without_a_home_there_is_no_cache_and_the_kernel_still_compiles"),)),
    51: ("a rolled run relabelled", ((GATHER, "test_a_rolled_run_that_is_relabelled_as_a_plain_one_is_refused"),)),
    52: ("two generations of one name", ((SIGNATURE, "test_two_generations_sold_under_one_name_have_two"),
                                         (IDENTITY, "test_processors_of_one_name_and_different_numbers_are_two"))),
    53: ("byte order marks, our own document", ((FILES, "test_a_byte_order_mark_is_no_fault"),
                                                (FILES, "test_the_document_that_run_prints_is_read"))),
    54: ("a CSV in Excel", (("reports/formats/test_formats.py",
                             "test_a_csv_begins_with_the_mark_that_excel_needs_and_python_skips"),)),
    55: ("marketing names of GPUs", (("kernels/opencl/test_predict.py", "test_marketing_names_are_found"),
                                     ("kernels/opencl/test_predict.py",
                                      "test_variants_for_laptops_and_other_markets_stay_apart"))),
    56: ("known nonces, ranges, a reader that goes away", (
        ("bench/test_scan.py", "test_the_genesis_nonce_is_found"),
        ("bench/test_scan.py", "test_every_range_is_answered_as_hashlib_does"),
        ("cli/test_endings.py", "test_a_reader_that_goes_away_is_no_error"))),
}  # fmt: skip


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of a file's tests, those in classes among them."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("number", CASES)
def test_each_situation_is_held_by_tests_that_are_there(number: int) -> None:
    what, tests = CASES[number]
    assert tests, what
    assert not [(path, name) for path, name in tests if name not in names_in(path)], what
