-- SPDX-License-Identifier: Apache-2.0
--
-- Known signs of messengers: names, published address ranges and ports, and what each is a sign of.
-- Sources: the makers' own pages where they publish ranges (Telegram: core.telegram.org/resources/cidr.txt),
-- what AS38099 and AS10158 (Kakao) announce, ntop/nDPI's lists of hosts, ports and autonomous systems, and
-- the OONI tests of WhatsApp, Signal, Telegram and Messenger. They age: a server that moved is told by its
-- bursts, and a new sign is one row.

ALTER TABLE ref.app_sign
	ADD COLUMN class text CHECK (class IN ('backend', 'push', 'media', 'background')),
	ADD COLUMN ports text,
	DROP CONSTRAINT app_sign_kind_check,
	ADD CONSTRAINT app_sign_kind_check CHECK (kind IN ('domain', 'prefix', 'port'));
COMMENT ON TABLE ref.app_sign IS 'What is known of messengers'' servers: one part of the evidence, never the whole. App push holds push services, system what phones do by themselves';
COMMENT ON COLUMN ref.app_sign.app IS 'Messenger, push, or system';
COMMENT ON COLUMN ref.app_sign.kind IS 'domain: a name and all below it; prefix: a published address range; port: a server port';
COMMENT ON COLUMN ref.app_sign.value IS 'The domain, the range, or the port: 443, tcp/4244, udp/50000-50100';
COMMENT ON COLUMN ref.app_sign.class IS 'What it is a sign of. Null for a domain or a range: backend; null for a port: it supports, and tells nothing alone';
COMMENT ON COLUMN ref.app_sign.ports IS 'Of a range: only these ports, parted by commas; null: all';

-- Names.
INSERT INTO ref.app_sign (app, kind, value, class)
SELECT app, 'domain', value, class FROM (VALUES
	('whatsapp', 'media', ARRAY['cdn.whatsapp.net', 'static.whatsapp.net', 'mmg.whatsapp.net', 'mms.whatsapp.net',
		'mmi.whatsapp.net', 'mmv.whatsapp.net', 'mme.whatsapp.net', 'pps.whatsapp.net', 'mmx-ds.cdn.whatsapp.net']),
	('signal', 'backend', ARRAY['signal.org', 'whispersystems.org']),
	('signal', 'media', ARRAY['cdn.signal.org', 'cdn2.signal.org', 'cdn3.signal.org', 'voip.signal.org', 'updates.signal.org',
		'updates2.signal.org', 'create.signal.art', 'contentproxy.signal.org']),
	('textsecure', 'media', ARRAY['cdn.signal.org', 'cdn2.signal.org', 'cdn3.signal.org', 'voip.signal.org']),
	('threema', 'media', ARRAY['blob.threema.ch']),
	('wechat', 'backend', ARRAY['wx.qq.com', 'weixinbridge.com', 'wechatapp.com']),
	('wechat', 'media', ARRAY['res.wx.qq.com', 'qpic.cn', 'qlogo.cn', 'snsvideo.wechat.com', 'szmmsns.qpic.cn',
		'vweixinf.tc.qq.com', 'wxapp.tc.qq.com']),
	-- the servers below web.telegram.org are those of the web client
	('telegram', 'backend', ARRAY['pluto.web.telegram.org', 'venus.web.telegram.org', 'aurora.web.telegram.org',
		'vesta.web.telegram.org', 'flora.web.telegram.org', 'kws1.web.telegram.org', 'kws2.web.telegram.org', 'kws3.web.telegram.org',
		'kws4.web.telegram.org', 'kws5.web.telegram.org', 'zws1.web.telegram.org', 'zws2.web.telegram.org', 'zws3.web.telegram.org',
		'zws4.web.telegram.org', 'zws5.web.telegram.org']),
	('telegram', 'media', ARRAY['telesco.pe', 'tdesktop.com', 'cdn-telegram.org', 'telegra.ph']),
	('line', 'backend', ARRAY['line-apps.com', 'line.naver.jp', 'line.me', 'line-apps-beta.com']),
	('line', 'media', ARRAY['line-scdn.net', 'obs.line-apps.com', 'line-cdn.net', 'obs.line-scdn.net', 'stickershop.line-scdn.net']),
	('viber', 'backend', ARRAY['viber.com']),
	('viber', 'media', ARRAY['cdn.viber.com', 'dl-media.viber.com', 'media.cdn.viber.com', 'content.cdn.viber.com', 'media.viber.com',
		'share.viber.com', 'market.viber.com', 'ads.viber.com']),
	('kakaotalk', 'backend', ARRAY['kakao.com', 'kakao.co.kr']),
	('kakaotalk', 'media', ARRAY['kakaocdn.net', 'dn-l.talk.kakao.com', 'dn-m.talk.kakao.com', 'dn-v.talk.kakao.com',
		'up-m.talk.kakao.com', 'up-p.talk.kakao.com', 'up-v.talk.kakao.com', 'up-a.talk.kakao.com', 'up-c.talk.kakao.com',
		'up-gp.talk.kakao.com', 'item.kakao.com', 'dn.talk.kakao.com', 'th-p.talk.kakao.com']),
	('discord', 'backend', ARRAY['discord.com', 'discord.gg', 'discordapp.com']),
	('discord', 'media', ARRAY['cdn.discordapp.com', 'discordapp.net', 'discord.media', 'discordcdn.com', 'dl.discordapp.net']),
	('messenger', 'backend', ARRAY['messenger.com', 'edge-mqtt.facebook.com', 'mqtt-mini.facebook.com', 'mqtt.facebook.com',
		'mqtt.c10r.facebook.com', 'mqtt-shv.facebook.com', 'edge-chat.facebook.com', 'chat-e2ee.facebook.com',
		'chat-e2ee-mini.facebook.com', 'orcart.facebook.com']),
	('messenger', 'media', ARRAY['fbcdn.net', 'fbsbx.com', 'rupload.facebook.com', 'cdn.fbsbx.com']),
	-- pages for people to read, and links to share
	('whatsapp', 'background', ARRAY['wa.me', 'www.whatsapp.com', 'faq.whatsapp.com', 'blog.whatsapp.com', 'api.whatsapp.com']),
	('telegram', 'background', ARRAY['telegram.org', 'telegram.me', 't.me', 'web.telegram.org']),
	('messenger', 'background', ARRAY['m.me']),
	('signal', 'background', ARRAY['www.signal.org', 'support.signal.org']),
	('viber', 'background', ARRAY['www.viber.com']), ('wechat', 'background', ARRAY['www.wechat.com']),
	('line', 'background', ARRAY['www.line.me']), ('kakaotalk', 'background', ARRAY['www.kakao.com'])
) AS x (app, class, list), unnest(list) AS value;

-- Published ranges: for servers without a name.
INSERT INTO ref.app_sign (app, kind, value, class, ports)
SELECT app, 'prefix', value, class, ports FROM (VALUES
	-- Meta's own networks (AS32934) on the port that only WhatsApp uses there, the call relays, and the addresses at a
	-- cloud's accelerator that are WhatsApp's alone
	('whatsapp', 'backend', 'tcp/5222', ARRAY['31.13.24.0/21', '31.13.64.0/18', '45.64.40.0/22', '57.144.0.0/14', '66.220.144.0/20',
		'69.63.176.0/20', '69.171.224.0/19', '74.119.76.0/22', '102.132.96.0/20', '103.4.96.0/22', '129.134.0.0/16',
		'157.240.0.0/16', '163.70.128.0/17', '173.252.64.0/18', '179.60.192.0/22', '185.60.216.0/22', '185.89.216.0/22',
		'204.15.20.0/22', '2620:0:1c00::/40', '2a03:2880::/32']),
	('whatsapp', 'backend', NULL, ARRAY['3.33.221.48/32', '3.33.252.61/32', '15.197.206.217/32', '15.197.210.208/32',
		'34.192.181.12/32', '34.193.38.112/32', '34.194.71.217/32', '34.194.255.230/32']),
	('signal', 'backend', 'tcp/443', ARRAY['13.248.212.111/32', '76.223.92.165/32']),
	('textsecure', 'backend', 'tcp/443', ARRAY['13.248.212.111/32', '76.223.92.165/32']),
	-- Threema's housing has other customers too
	('threema', 'backend', 'tcp/5222,tcp/443', ARRAY['185.88.236.0/22', '217.150.240.0/20', '5.148.160.0/19', '2a02:418::/29']),
	-- one operator, one range: calls are relayed from the same data centres, so all of it is the backend
	('telegram', 'backend', NULL, ARRAY['91.105.192.0/23', '91.108.4.0/22', '91.108.8.0/21', '91.108.16.0/21', '91.108.56.0/22',
		'95.161.64.0/20', '149.154.160.0/20', '185.76.151.0/24', '2001:67c:4e8::/48', '2001:b28:f23c::/47', '2001:b28:f23f::/48',
		'2a0a:f280:203::/48', '2a0a:f280::/32']),
	('line', 'backend', NULL, ARRAY['43.223.0.0/16', '103.2.28.0/24', '103.2.30.0/23', '119.235.224.0/24', '119.235.232.0/24',
		'119.235.235.0/24', '119.235.236.0/23', '125.209.252.0/24', '147.92.128.0/17', '203.104.128.0/19']),
	('kakaotalk', 'backend', NULL, ARRAY['1.201.0.0/24', '27.0.236.0/22', '103.27.148.0/22', '103.246.56.0/22', '110.76.140.0/22',
		'113.61.104.0/22', '139.150.0.0/21', '203.217.236.0/22', '203.238.180.0/24', '210.103.240.0/21', '211.231.96.0/20']),
	-- voice, of which the rule for ports says more
	('discord', 'media', 'udp/50000-65535', ARRAY['66.22.192.0/18'])
) AS x (app, class, ports, list), unnest(list) AS value;

-- Ports: one with a class tells by itself where there is no name; the others support.
INSERT INTO ref.app_sign (app, kind, value, class) VALUES
	('whatsapp', 'port', 'udp/3478', 'media'),
	('signal', 'port', '443', NULL), ('signal', 'port', 'udp/3478', 'media'), ('textsecure', 'port', 'udp/3478', 'media'),
	('threema', 'port', 'udp/3478', 'media'),
	('telegram', 'port', '443', NULL), ('telegram', 'port', '80', NULL), ('telegram', 'port', '5222', NULL),
	('line', 'port', '443', NULL),
	('viber', 'port', 'tcp/5242', 'backend'), ('viber', 'port', 'tcp/4244', 'backend'), ('viber', 'port', '443', NULL),
	('viber', 'port', 'udp/5243', 'media'), ('viber', 'port', 'udp/7985-7987', 'media'), ('viber', 'port', 'udp/9785', 'media'),
	('kakaotalk', 'port', '443', NULL), ('kakaotalk', 'port', '5223', NULL), ('kakaotalk', 'port', '8080', NULL),
	('kakaotalk', 'port', '995', NULL), ('kakaotalk', 'port', '9282', NULL), ('kakaotalk', 'port', '10009', NULL),
	('discord', 'port', '443', NULL), ('discord', 'port', 'udp/50000-50100', 'media'),
	('messenger', 'port', '443', NULL), ('messenger', 'port', 'udp/3478', 'media');

-- Push services, and what phones do by themselves.
INSERT INTO ref.app_sign (app, kind, value, class, ports) VALUES
	('push', 'domain', 'mobile-gtalk.l.google.com', 'push', NULL), ('push', 'domain', 'fcm.googleapis.com', 'push', NULL),
	('push', 'domain', 'push.apple.com', 'push', NULL), ('push', 'domain', 'push-apple.com.akadns.net', 'push', NULL),
	('push', 'domain', 'push.hicloud.com', 'push', NULL), ('push', 'domain', 'push.services.mozilla.com', 'push', NULL),
	('push', 'domain', 'wns.windows.com', 'push', NULL),
	('push', 'prefix', '17.0.0.0/8', 'push', 'tcp/5223'), ('push', 'prefix', '2620:149::/32', 'push', 'tcp/5223'),
	('system', 'port', 'udp/123', 'background', NULL),
	('system', 'domain', 'connectivitycheck.gstatic.com', 'background', NULL),
	('system', 'domain', 'connectivitycheck.android.com', 'background', NULL),
	('system', 'domain', 'clients3.google.com', 'background', NULL), ('system', 'domain', 'captive.apple.com', 'background', NULL),
	('system', 'domain', 'time.android.com', 'background', NULL), ('system', 'domain', 'ntp.org', 'background', NULL),
	('system', 'domain', 'time.apple.com', 'background', NULL), ('system', 'domain', 'msftconnecttest.com', 'background', NULL),
	('system', 'domain', 'detectportal.firefox.com', 'background', NULL);
