/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema/event.schema.json as it is, for dump-schemas.
 */
	.section .rodata
	.global embed_schema
	.global embed_schema_end
embed_schema:
	.incbin SCHEMA
embed_schema_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
