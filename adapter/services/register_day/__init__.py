"""What a day asks of the register: tasks and warnings, and what Pomost does by itself (the AUTO rules of docs/law.md).

run_day          all entries of a facility, its schedules and its notices; running twice a day changes nothing
watch_status     R-08: statuses that P1 still lacks, some times an hour
touch_entries    the same questions at once about the entries of one person or one referral
offer_freed      N-03: a term became free: who is offered it
answer_task      what a clerk answers to a task
"""
