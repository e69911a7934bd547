"""What was measured, as JSON lines with a published schema.

rows         makes a row and checks it. `judged_rows`, `drawn_rows`, `fields`: the types of rows and of fields
schema       the published schemas, made of these types: `records.schema.json`; `check.schema.json`, of what
             `check --json` prints (`check_document`)
conform      checks a value against the schema; `consistency` checks what a schema cannot say
recording    from results to rows; `machine`, `card`: the machine and the GPU that measured
jsonl        files of rows, written and read; `reading` checks them, `merging` joins those of several machines
history      one line a run (`history_line`: its type), which a file collects over commits; `checkout`: the
             commit that is measured
literature   the works that studies and pages refer to
upgrade      rows of older records, brought to the present schema
"""
