/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The set of listeners: opened, kept or closed as the configuration wants.
 * Runs in the monitor's thread.
 */
#include <stdlib.h>

#include <xfrwatch/channel.h>

struct xfw_channel {
	xfw_channel_ops_t ops;
};

xfw_channel_t *
xfw_channel_open(struct uv_loop_s *loop, const xfw_channel_ops_t *ops) {
	xfw_channel_t *channel = calloc(1, sizeof(*channel));

	(void)loop;
	if (channel != NULL) {
		channel->ops = *ops;
	}
	return (channel);
}

void
xfw_channel_apply(xfw_channel_t *channel, const xfw_listener_t *listeners) {
	(void)channel;
	(void)listeners;
}

void
xfw_channel_close(xfw_channel_t *channel) {
	free(channel);
}
