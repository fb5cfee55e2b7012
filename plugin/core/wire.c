/* SPDX-License-Identifier: MPL-2.0 */
/*
 * DNS messages of a diagnosis (wire.h): the query is built, the answer is read.
 * Any thread; in practice the monitor's.
 */
#include <stdarg.h>
#include <stdio.h>

#include "wire_priv.h"

#define TYPE_NS	   2
#define TYPE_CNAME 5
#define TYPE_OPT   41

#define FLAG_QR	    0x8000
#define FLAG_AA	    0x0400
#define FLAG_TC	    0x0200
#define OPCODE_MASK 0x7800
#define RCODE_MASK  0x000f
#define EDNS_DO	    0x8000
#define EDNS_EXPIRE 9 /* RFC 7314 */

#define POINTER	     0xc0 /* the upper two bits of a compressed label */
#define POINTERS_MAX 127  /* in one name; it has no more labels */

/*
 * In one answer. One SOA record is asked for; thousands of names of 127 labels would
 * keep the monitor busy for milliseconds.
 */
#define RECORDS_MAX 512

typedef enum section { ANSWER, AUTHORITY, ADDITIONAL, SECTIONS } section_t;

/* What reading an answer has gathered so far. */
typedef struct reading {
	const xfw_question_t *question;
	xfw_wire_name_t name; /* of the question */
	int64_t now_s;
	unsigned soas; /* at that name */
	uint32_t last_serial;
	bool elsewhere; /* an SOA record at another name */
	bool cname;
	bool referral;
	bool opt;
	bool tsig;
	bool signature;
	int64_t signature_s;
	int64_t inception_s;
	uint32_t serial;
	uint32_t times[3]; /* refresh, retry, expire of the first SOA record */
	bool expire;
	uint32_t expire_left_s;
	uint16_t rcode_upper; /* out of the OPT record */
	xfw_wire_record_t last;
} reading_t;

/*--- names ------------------------------------------------------------------------*/

static uint8_t
lower(uint8_t c) {
	return (c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c);
}

bool
xfw_wire_name_read(xfw_wire_reader_t *reader, bool compressed, xfw_wire_name_t *out) {
	size_t at = reader->at, limit = reader->at, end = 0;
	unsigned pointers = 0;

	out->len = 0;
	for (;;) {
		size_t size;

		if (at >= reader->len) {
			return (false);
		}
		size = reader->data[at];
		if (size >= POINTER) {
			if (!compressed || reader->len - at < 2 ||
			    ++pointers > POINTERS_MAX)
			{
				return (false);
			}
			if (end == 0) {
				end = at + 2;
			}
			/* Each further back than the one before: no loops. */
			at = xfw_wire_get16(reader->data + at) & 0x3fffU;
			if (at >= limit || at < XFW_WIRE_HEADER) {
				return (false);
			}
			limit = at;
			continue;
		}
		if (size > 63 || reader->len - at < size + 1 ||
		    out->len + size + 1 > XFW_WIRE_NAME_MAX)
		{
			return (false);
		}
		out->data[out->len++] = (uint8_t)size;
		for (size_t i = 1; i <= size; i++) {
			out->data[out->len++] = lower(reader->data[at + i]);
		}
		at += size + 1;
		if (size == 0) {
			reader->at = end != 0 ? end : at;
			return (true);
		}
	}
}

bool
xfw_wire_name_set(xfw_wire_name_t *out, const uint8_t *data, size_t len) {
	xfw_wire_reader_t reader = { .data = data, .len = len };

	return (xfw_wire_name_read(&reader, false, out) && reader.at == len);
}

/*--- the query --------------------------------------------------------------------*/

/* RFC 1995, 3: an SOA record whose serial is what we have; the rest is empty. */
static uint8_t *
put_authority(uint8_t *at, const xfw_question_t *question) {
	at = xfw_wire_put16(at, POINTER << 8 | XFW_WIRE_HEADER);
	at = xfw_wire_put16(at, XFW_TYPE_SOA);
	at = xfw_wire_put16(at, question->class_);
	at = xfw_wire_put32(at, 0);
	at = xfw_wire_put16(at, 2 + 5 * 4);
	at = xfw_wire_put16(at, 0); /* two names, both the root */
	at = xfw_wire_put32(at, question->serial);
	memset(at, 0, 4 * 4);
	return (at + 4 * 4);
}

static uint8_t *
put_opt(uint8_t *at, const xfw_question_t *question) {
	*at++ = 0;
	at = xfw_wire_put16(at, TYPE_OPT);
	at = xfw_wire_put16(at, XFW_WIRE_UDP_SIZE);
	at = xfw_wire_put32(at, question->dnssec_ok ? EDNS_DO : 0);
	if (!question->expire) {
		return (xfw_wire_put16(at, 0));
	}
	at = xfw_wire_put16(at, 4); /* one option, empty */
	at = xfw_wire_put16(at, EDNS_EXPIRE);
	return (xfw_wire_put16(at, 0));
}

bool
xfw_wire_build(xfw_query_wire_t *out, const xfw_question_t *question,
	       const xfw_tsig_key_t *key, xfw_hmac_fn_t hmac, int64_t now_s) {
	bool ixfr = (question->type == XFW_TYPE_IXFR);
	xfw_wire_name_t name;
	uint8_t *at = out->data;

	memset(out, 0, sizeof(*out));
	out->question = *question;
	if (!xfw_wire_name_set(&name, question->name, question->name_len)) {
		return (false);
	}
	/* All of this fits: 12 + 255 + 4 + 34 + 15 bytes at most. */
	at = xfw_wire_put16(at, question->id);
	at = xfw_wire_put16(at, 0); /* QUERY, no recursion */
	at = xfw_wire_put16(at, 1);
	at = xfw_wire_put16(at, 0);
	at = xfw_wire_put16(at, ixfr ? 1 : 0);
	at = xfw_wire_put16(at, question->edns ? 1 : 0);
	at = xfw_wire_put_bytes(at, question->name, question->name_len);
	at = xfw_wire_put16(at, question->type);
	at = xfw_wire_put16(at, question->class_);
	if (ixfr) {
		at = put_authority(at, question);
	}
	if (question->edns) {
		at = put_opt(at, question);
	}
	out->len = (size_t)(at - out->data);
	return (key == NULL || xfw_wire_sign(out, key, hmac, now_s));
}

/*--- the answer -------------------------------------------------------------------*/

void
xfw_wire_note(xfw_finding_t *out, const char *fmt, ...) {
	size_t used = strlen(out->note);
	va_list args;

	if (used > 0 && used + 2 < sizeof(out->note)) {
		memcpy(out->note + used, "; ", 3);
		used += 2;
	}
	va_start(args, fmt);
	(void)vsnprintf(out->note + used, sizeof(out->note) - used, fmt, args);
	va_end(args);
}

/* Moves past the one question, and says whether it is ours. */
static bool
same_question(const xfw_question_t *question, xfw_wire_reader_t *reader) {
	xfw_wire_name_t theirs, ours;
	const uint8_t *at;

	if (!xfw_wire_name_set(&ours, question->name, question->name_len) ||
	    !xfw_wire_name_read(reader, false, &theirs) || xfw_wire_left(reader) < 4)
	{
		return (false);
	}
	at = reader->data + reader->at;
	reader->at += 4;
	return (xfw_wire_name_same(&ours, &theirs) &&
		xfw_wire_get16(at) == question->type &&
		xfw_wire_get16(at + 2) == question->class_);
}

bool
xfw_wire_is_answer(const xfw_query_wire_t *query, const uint8_t *data, size_t len) {
	xfw_wire_reader_t reader = { .data = data, .len = len, .at = XFW_WIRE_HEADER };
	uint16_t flags;

	if (len < XFW_WIRE_HEADER || len > XFW_WIRE_MESSAGE_MAX) {
		return (false);
	}
	flags = xfw_wire_get16(data + 2);
	if (xfw_wire_get16(data) != query->question.id || (flags & FLAG_QR) == 0 ||
	    (flags & OPCODE_MASK) != 0)
	{
		return (false);
	}
	switch (xfw_wire_get16(data + 4)) {
	case 0:
		return ((flags & RCODE_MASK) != XFW_RCODE_NOERROR);
	case 1:
		return (same_question(&query->question, &reader));
	default:
		return (false);
	}
}

static bool
record_read(xfw_wire_reader_t *reader, xfw_wire_record_t *record) {
	const uint8_t *at;
	size_t len;

	record->start = reader->at;
	if (!xfw_wire_name_read(reader, true, &record->owner) ||
	    xfw_wire_left(reader) < 10)
	{
		return (false);
	}
	at = reader->data + reader->at;
	record->type = xfw_wire_get16(at);
	record->class_ = xfw_wire_get16(at + 2);
	record->ttl = xfw_wire_get32(at + 4);
	len = xfw_wire_get16(at + 8);
	reader->at += 10;
	if (xfw_wire_left(reader) < len) {
		return (false);
	}
	record->rdata = (xfw_wire_reader_t){ .data = reader->data,
					     .len = reader->at + len,
					     .at = reader->at };
	reader->at += len;
	return (true);
}

/* RFC 1035, 3.3.13. */
static const char *
read_soa(reading_t *r, const xfw_wire_record_t *record) {
	xfw_wire_reader_t rdata = record->rdata;
	xfw_wire_name_t name;

	if (!xfw_wire_name_read(&rdata, true, &name) ||
	    !xfw_wire_name_read(&rdata, true, &name) ||
	    xfw_wire_left(&rdata) != 5 * 4)
	{
		return ("malformed SOA record");
	}
	r->last_serial = xfw_wire_get32(rdata.data + rdata.at);
	if (r->soas++ == 0) {
		r->serial = r->last_serial;
		for (size_t i = 0; i < 3; i++) {
			r->times[i] = xfw_wire_get32(rdata.data + rdata.at + 4 + 4 * i);
		}
	}
	return (NULL);
}

/* RFC 1982, around now. */
static int64_t
near_now(const reading_t *r, const uint8_t *at) {
	return (r->now_s + (int32_t)(xfw_wire_get32(at) - (uint32_t)r->now_s));
}

/* RFC 4034, 3.1: only those of the SOA record matter, and only when they lapse. */
static const char *
read_rrsig(reading_t *r, const xfw_wire_record_t *record) {
	xfw_wire_reader_t rdata = record->rdata;
	const uint8_t *at = rdata.data + rdata.at;
	xfw_wire_name_t signer;
	int64_t expires_s;

	if (xfw_wire_left(&rdata) < 18) {
		return ("malformed RRSIG record");
	}
	rdata.at += 18;
	if (!xfw_wire_name_read(&rdata, false, &signer)) {
		return ("malformed RRSIG record");
	}
	if (xfw_wire_get16(at) != XFW_TYPE_SOA) {
		return (NULL);
	}
	expires_s = near_now(r, at + 8);
	if (!r->signature || expires_s < r->signature_s) {
		r->signature = true;
		r->signature_s = expires_s;
		r->inception_s = near_now(r, at + 12);
	}
	return (NULL);
}

static const char *
read_answer_record(reading_t *r, const xfw_wire_record_t *record) {
	bool here = (record->class_ == r->question->class_ &&
		     xfw_wire_name_same(&record->owner, &r->name));

	if (record->type == XFW_TYPE_SOA && here) {
		return (read_soa(r, record));
	} else if (record->type == XFW_TYPE_RRSIG && here) {
		return (read_rrsig(r, record));
	}
	r->cname |= (record->type == TYPE_CNAME && here);
	r->elsewhere |= (record->type == XFW_TYPE_SOA && !here);
	return (NULL);
}

/* RFC 6891, 6.1.2: options that are malformed are none. */
static void
read_options(reading_t *r, const xfw_wire_record_t *record) {
	xfw_wire_reader_t rdata = record->rdata;

	while (xfw_wire_left(&rdata) >= 4) {
		const uint8_t *at = rdata.data + rdata.at;
		size_t len = xfw_wire_get16(at + 2);

		rdata.at += 4;
		if (len > xfw_wire_left(&rdata)) {
			return;
		}
		if (xfw_wire_get16(at) == EDNS_EXPIRE && len == 4) {
			r->expire = true;
			r->expire_left_s = xfw_wire_get32(at + 4);
		}
		rdata.at += len;
	}
}

/* What is wrong with the record, or NULL. */
static const char *
read_record(reading_t *r, section_t section, bool last,
	    const xfw_wire_record_t *record) {
	switch (record->type) {
	case TYPE_OPT: /* RFC 6891, 6.1.1 */
		if (section != ADDITIONAL || r->opt || record->owner.len != 1) {
			return ("OPT record out of place");
		}
		r->opt = true;
		r->rcode_upper = (uint16_t)(record->ttl >> 24);
		read_options(r, record);
		return (NULL);
	case XFW_TYPE_TSIG: /* RFC 8945, 5.1 */
		if (section != ADDITIONAL || !last) {
			return ("TSIG record out of place");
		}
		r->tsig = true;
		return (NULL);
	}
	if (section == ANSWER) {
		return (read_answer_record(r, record));
	}
	r->referral |= (section == AUTHORITY && record->type == TYPE_NS);
	return (NULL);
}

/* All records; what is wrong with them, or NULL. */
static const char *
read_records(reading_t *r, xfw_wire_reader_t *reader) {
	size_t all = 0;

	for (section_t section = ANSWER; section < SECTIONS; section++) {
		size_t count = xfw_wire_get16(reader->data + 6 + 2 * section);

		for (size_t i = 0; i < count; i++) {
			const char *wrong;

			if (xfw_wire_left(reader) == 0) {
				return ("fewer records than counted");
			}
			if (++all > RECORDS_MAX) {
				return ("more than 512 records");
			}
			if (!record_read(reader, &r->last)) {
				return ("malformed record");
			}
			wrong = read_record(r, section, i + 1 == count, &r->last);
			if (wrong != NULL) {
				return (wrong);
			}
		}
	}
	return (NULL);
}

/* What an operator would want to know about an answer that is not plainly one SOA. */
static void
note_kind(const reading_t *r, xfw_finding_t *out) {
	if (r->soas > 1) {
		if (r->serial != r->last_serial) {
			xfw_wire_note(out, "%u SOA records, serials %u to %u", r->soas,
				      r->serial, r->last_serial);
		} else {
			xfw_wire_note(out, "%u SOA records", r->soas);
		}
	} else if (r->soas == 1) {
		return;
	} else if (r->cname) {
		xfw_wire_note(out, "CNAME");
	} else if (r->elsewhere) {
		xfw_wire_note(out, "SOA record of another name");
	} else if (out->rcode == XFW_RCODE_NOERROR && !out->truncated) {
		xfw_wire_note(out, r->referral && !out->authoritative
					   ? "referral"
					   : "no SOA record");
	}
}

/* Answer, authority and additional section, once the header has been read. */
static const char *
read_sections(reading_t *r, xfw_wire_reader_t *reader, xfw_finding_t *out) {
	const char *wrong = read_records(r, reader);

	if (wrong != NULL && out->truncated && !r->tsig) {
		/* Some cut records in two; TCP will tell (RFC 2181, 9). */
		xfw_wire_note(out, "cut off within a record");
		return (NULL);
	}
	if (wrong == NULL && xfw_wire_left(reader) > 0) {
		xfw_wire_note(out, "%zu bytes after the last record",
			      xfw_wire_left(reader));
	}
	return (wrong);
}

void
xfw_wire_read(const xfw_query_wire_t *query, const xfw_tsig_key_t *key,
	      xfw_hmac_fn_t hmac, const uint8_t *data, size_t len, int64_t now_s,
	      xfw_finding_t *out) {
	xfw_finding_t fresh = { .check = out->check,
				.at_ms = out->at_ms,
				.rtt_us = out->rtt_us,
				.result = XFW_RESULT_MALFORMED,
				.rcode = 0xffff };
	xfw_wire_reader_t reader = { .data = data, .len = len, .at = XFW_WIRE_HEADER };
	reading_t r = { .question = &query->question, .now_s = now_s };
	const char *wrong;

	*out = fresh;
	if (!xfw_wire_is_answer(query, data, len) ||
	    !xfw_wire_name_set(&r.name, query->question.name, query->question.name_len))
	{
		xfw_wire_note(out, "not an answer to the question");
		return;
	}
	out->authoritative = (xfw_wire_get16(data + 2) & FLAG_AA) != 0;
	out->truncated = (xfw_wire_get16(data + 2) & FLAG_TC) != 0;
	out->rcode = xfw_wire_get16(data + 2) & RCODE_MASK;
	if (xfw_wire_get16(data + 4) == 1) {
		(void)same_question(&query->question, &reader);
	}
	wrong = read_sections(&r, &reader, out);
	if (wrong != NULL) {
		xfw_wire_note(out, "%s", wrong);
		return;
	}
	if (!xfw_wire_judge(query, key, hmac, data, r.tsig ? &r.last : NULL, now_s,
			    out))
	{
		return;
	}
	out->result = XFW_RESULT_ANSWER;
	out->rcode |= (uint16_t)(r.rcode_upper << 4);
	out->has_serial = (r.soas > 0);
	out->soas = (uint16_t)r.soas;
	out->serial = r.serial;
	out->signature_s = r.signature_s;
	note_kind(&r, out);
}

bool
xfw_wire_read_soa(const xfw_query_wire_t *query, const uint8_t *data, size_t len,
		  int64_t now_s, xfw_wire_soa_t *out) {
	xfw_wire_reader_t reader = { .data = data, .len = len, .at = XFW_WIRE_HEADER };
	reading_t r = { .question = &query->question, .now_s = now_s };
	uint16_t flags;

	*out = (xfw_wire_soa_t){ 0 };
	if (!xfw_wire_is_answer(query, data, len) ||
	    !xfw_wire_name_set(&r.name, query->question.name, query->question.name_len))
	{
		return (false);
	}
	flags = xfw_wire_get16(data + 2);
	if (xfw_wire_get16(data + 4) == 1) {
		(void)same_question(&query->question, &reader);
	}
	if (read_records(&r, &reader) != NULL && (flags & FLAG_TC) == 0) {
		return (false);
	}
	*out = (xfw_wire_soa_t){
		.rcode = (uint16_t)((flags & RCODE_MASK) | r.rcode_upper << 4),
		.authoritative = (flags & FLAG_AA) != 0,
		.truncated = (flags & FLAG_TC) != 0,
		.has_soa = r.soas > 0,
		.has_expire = r.expire,
		.serial = r.serial,
		.refresh_s = r.times[0],
		.retry_s = r.times[1],
		.expire_s = r.times[2],
		.expire_left_s = r.expire_left_s,
		.signature_s = r.signature_s,
		.inception_s = r.inception_s,
	};
	return (true);
}

/*--- text -------------------------------------------------------------------------*/

/* One character of a name, perhaps escaped; -1 if it is none. Moves past it. */
static int
read_character(const char **at, const char *end) {
	const char *p = *at;
	unsigned value = 0;

	*at = p + 1;
	if (*p != '\\') {
		return ((unsigned char)*p);
	}
	if (end - p < 2) {
		return (-1);
	}
	*at = p + 2;
	if (p[1] < '0' || p[1] > '9') {
		return ((unsigned char)p[1]);
	}
	if (end - p < 4) {
		return (-1);
	}
	for (size_t i = 1; i < 4; i++) {
		if (p[i] < '0' || p[i] > '9') {
			return (-1);
		}
		value = value * 10 + (unsigned)(p[i] - '0');
	}
	*at = p + 4;
	return (value <= UINT8_MAX ? (int)value : -1);
}

bool
xfw_wire_from_text(const char *text, size_t len, uint8_t wire[XFW_WIRE_NAME_MAX],
		   uint8_t *wire_len) {
	const char *end = text + len;
	size_t label = 0, used = 1; /* where the label's length goes; behind it */

	if (len == 1 && text[0] == '.') {
		len = 0;
		text = end;
	} else if (len == 0) {
		return (false);
	}
	while (text < end) {
		bool dot = *text == '.';
		int c = read_character(&text, end);

		/* The last byte is the root's. */
		if (c < 0 || used >= XFW_WIRE_NAME_MAX) {
			return (false);
		}
		if (!dot) {
			wire[used++] = (uint8_t)c;
			if (used - label - 1 > 63) {
				return (false);
			}
			continue;
		}
		if (used == label + 1) {
			return (false);
		}
		wire[label] = (uint8_t)(used - label - 1);
		label = used++;
	}
	if (used > label + 1) { /* no dot at the end */
		if (used >= XFW_WIRE_NAME_MAX) {
			return (false);
		}
		wire[label] = (uint8_t)(used - label - 1);
		label = used;
	}
	wire[label] = 0;
	*wire_len = (uint8_t)(label + 1);
	return (true);
}
