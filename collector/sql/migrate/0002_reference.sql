-- SPDX-License-Identifier: Apache-2.0
--
-- What the world is agreed to be: countries with their UN M49 regions, interest groups with dated
-- membership, what messengers are known to use. Countries and M49 codes are from the data set
-- "country-codes" (Open Data Commons PDDL 1.0). Two choices of ours, since M49 is silent: Taiwan is
-- counted in Eastern Asia (030), Antarctica in no region. Cyprus is Western Asia and yet in the EU.

CREATE SCHEMA ref;
COMMENT ON SCHEMA ref IS 'Reference data: countries, regions, interest groups, signs of messengers';

CREATE TABLE ref.country (
	iso2 char(2) PRIMARY KEY CHECK (iso2 ~ '^[A-Z]{2}$'),
	name text NOT NULL,
	m49 smallint NOT NULL,
	region smallint,
	subregion smallint,
	intermediate smallint
);
COMMENT ON TABLE ref.country IS 'Countries and areas, UN M49 as of 2025';
COMMENT ON COLUMN ref.country.iso2 IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN ref.country.name IS 'English short name';
COMMENT ON COLUMN ref.country.m49 IS 'UN M49 code of the country';
COMMENT ON COLUMN ref.country.region IS 'M49 region, e.g. 150 Europe; null: none';
COMMENT ON COLUMN ref.country.subregion IS 'M49 sub-region, e.g. 155 Western Europe; null: none';
COMMENT ON COLUMN ref.country.intermediate IS 'M49 intermediate region, e.g. 5 South America; null: none';
INSERT INTO ref.country VALUES
	('AD', 'Andorra', 20, 150, 39, NULL),
	('AE', 'United Arab Emirates', 784, 142, 145, NULL),
	('AF', 'Afghanistan', 4, 142, 34, NULL),
	('AG', 'Antigua & Barbuda', 28, 19, 419, 29),
	('AI', 'Anguilla', 660, 19, 419, 29),
	('AL', 'Albania', 8, 150, 39, NULL),
	('AM', 'Armenia', 51, 142, 145, NULL),
	('AO', 'Angola', 24, 2, 202, 17),
	('AQ', 'Antarctica', 10, NULL, NULL, NULL),
	('AR', 'Argentina', 32, 19, 419, 5),
	('AS', 'American Samoa', 16, 9, 61, NULL),
	('AT', 'Austria', 40, 150, 155, NULL),
	('AU', 'Australia', 36, 9, 53, NULL),
	('AW', 'Aruba', 533, 19, 419, 29),
	('AX', 'Åland Islands', 248, 150, 154, NULL),
	('AZ', 'Azerbaijan', 31, 142, 145, NULL),
	('BA', 'Bosnia', 70, 150, 39, NULL),
	('BB', 'Barbados', 52, 19, 419, 29),
	('BD', 'Bangladesh', 50, 142, 34, NULL),
	('BE', 'Belgium', 56, 150, 155, NULL),
	('BF', 'Burkina Faso', 854, 2, 202, 11),
	('BG', 'Bulgaria', 100, 150, 151, NULL),
	('BH', 'Bahrain', 48, 142, 145, NULL),
	('BI', 'Burundi', 108, 2, 202, 14),
	('BJ', 'Benin', 204, 2, 202, 11),
	('BL', 'St. Barthélemy', 652, 19, 419, 29),
	('BM', 'Bermuda', 60, 19, 21, NULL),
	('BN', 'Brunei', 96, 142, 35, NULL),
	('BO', 'Bolivia', 68, 19, 419, 5),
	('BQ', 'Caribbean Netherlands', 535, 19, 419, 29),
	('BR', 'Brazil', 76, 19, 419, 5),
	('BS', 'Bahamas', 44, 19, 419, 29),
	('BT', 'Bhutan', 64, 142, 34, NULL),
	('BV', 'Bouvet Island', 74, 19, 419, 5),
	('BW', 'Botswana', 72, 2, 202, 18),
	('BY', 'Belarus', 112, 150, 151, NULL),
	('BZ', 'Belize', 84, 19, 419, 13),
	('CA', 'Canada', 124, 19, 21, NULL),
	('CC', 'Cocos Islands', 166, 9, 53, NULL),
	('CD', 'Congo - Kinshasa', 180, 2, 202, 17),
	('CF', 'Central African Republic', 140, 2, 202, 17),
	('CG', 'Congo - Brazzaville', 178, 2, 202, 17),
	('CH', 'Switzerland', 756, 150, 155, NULL),
	('CI', 'Côte d’Ivoire', 384, 2, 202, 11),
	('CK', 'Cook Islands', 184, 9, 61, NULL),
	('CL', 'Chile', 152, 19, 419, 5),
	('CM', 'Cameroon', 120, 2, 202, 17),
	('CN', 'China', 156, 142, 30, NULL),
	('CO', 'Colombia', 170, 19, 419, 5),
	('CR', 'Costa Rica', 188, 19, 419, 13),
	('CU', 'Cuba', 192, 19, 419, 29),
	('CV', 'Cape Verde', 132, 2, 202, 11),
	('CW', 'Curaçao', 531, 19, 419, 29),
	('CX', 'Christmas Island', 162, 9, 53, NULL),
	('CY', 'Cyprus', 196, 142, 145, NULL),
	('CZ', 'Czechia', 203, 150, 151, NULL),
	('DE', 'Germany', 276, 150, 155, NULL),
	('DJ', 'Djibouti', 262, 2, 202, 14),
	('DK', 'Denmark', 208, 150, 154, NULL),
	('DM', 'Dominica', 212, 19, 419, 29),
	('DO', 'Dominican Republic', 214, 19, 419, 29),
	('DZ', 'Algeria', 12, 2, 15, NULL),
	('EC', 'Ecuador', 218, 19, 419, 5),
	('EE', 'Estonia', 233, 150, 154, NULL),
	('EG', 'Egypt', 818, 2, 15, NULL),
	('EH', 'Western Sahara', 732, 2, 15, NULL),
	('ER', 'Eritrea', 232, 2, 202, 14),
	('ES', 'Spain', 724, 150, 39, NULL),
	('ET', 'Ethiopia', 231, 2, 202, 14),
	('FI', 'Finland', 246, 150, 154, NULL),
	('FJ', 'Fiji', 242, 9, 54, NULL),
	('FK', 'Falkland Islands', 238, 19, 419, 5),
	('FM', 'Micronesia', 583, 9, 57, NULL),
	('FO', 'Faroe Islands', 234, 150, 154, NULL),
	('FR', 'France', 250, 150, 155, NULL),
	('GA', 'Gabon', 266, 2, 202, 17),
	('GB', 'UK', 826, 150, 154, NULL),
	('GD', 'Grenada', 308, 19, 419, 29),
	('GE', 'Georgia', 268, 142, 145, NULL),
	('GF', 'French Guiana', 254, 19, 419, 5),
	('GG', 'Guernsey', 831, 150, 154, NULL),
	('GH', 'Ghana', 288, 2, 202, 11),
	('GI', 'Gibraltar', 292, 150, 39, NULL),
	('GL', 'Greenland', 304, 19, 21, NULL),
	('GM', 'Gambia', 270, 2, 202, 11),
	('GN', 'Guinea', 324, 2, 202, 11),
	('GP', 'Guadeloupe', 312, 19, 419, 29),
	('GQ', 'Equatorial Guinea', 226, 2, 202, 17),
	('GR', 'Greece', 300, 150, 39, NULL),
	('GS', 'South Georgia & South Sandwich Islands', 239, 19, 419, 5),
	('GT', 'Guatemala', 320, 19, 419, 13),
	('GU', 'Guam', 316, 9, 57, NULL),
	('GW', 'Guinea-Bissau', 624, 2, 202, 11),
	('GY', 'Guyana', 328, 19, 419, 5),
	('HK', 'Hong Kong', 344, 142, 30, NULL),
	('HM', 'Heard & McDonald Islands', 334, 9, 53, NULL),
	('HN', 'Honduras', 340, 19, 419, 13),
	('HR', 'Croatia', 191, 150, 39, NULL),
	('HT', 'Haiti', 332, 19, 419, 29),
	('HU', 'Hungary', 348, 150, 151, NULL),
	('ID', 'Indonesia', 360, 142, 35, NULL),
	('IE', 'Ireland', 372, 150, 154, NULL),
	('IL', 'Israel', 376, 142, 145, NULL),
	('IM', 'Isle of Man', 833, 150, 154, NULL),
	('IN', 'India', 356, 142, 34, NULL),
	('IO', 'British Indian Ocean Territory', 86, 2, 202, 14),
	('IQ', 'Iraq', 368, 142, 145, NULL),
	('IR', 'Iran', 364, 142, 34, NULL),
	('IS', 'Iceland', 352, 150, 154, NULL),
	('IT', 'Italy', 380, 150, 39, NULL),
	('JE', 'Jersey', 832, 150, 154, NULL),
	('JM', 'Jamaica', 388, 19, 419, 29),
	('JO', 'Jordan', 400, 142, 145, NULL),
	('JP', 'Japan', 392, 142, 30, NULL),
	('KE', 'Kenya', 404, 2, 202, 14),
	('KG', 'Kyrgyzstan', 417, 142, 143, NULL),
	('KH', 'Cambodia', 116, 142, 35, NULL),
	('KI', 'Kiribati', 296, 9, 57, NULL),
	('KM', 'Comoros', 174, 2, 202, 14),
	('KN', 'St. Kitts & Nevis', 659, 19, 419, 29),
	('KP', 'North Korea', 408, 142, 30, NULL),
	('KR', 'South Korea', 410, 142, 30, NULL),
	('KW', 'Kuwait', 414, 142, 145, NULL),
	('KY', 'Cayman Islands', 136, 19, 419, 29),
	('KZ', 'Kazakhstan', 398, 142, 143, NULL),
	('LA', 'Laos', 418, 142, 35, NULL),
	('LB', 'Lebanon', 422, 142, 145, NULL),
	('LC', 'St. Lucia', 662, 19, 419, 29),
	('LI', 'Liechtenstein', 438, 150, 155, NULL),
	('LK', 'Sri Lanka', 144, 142, 34, NULL),
	('LR', 'Liberia', 430, 2, 202, 11),
	('LS', 'Lesotho', 426, 2, 202, 18),
	('LT', 'Lithuania', 440, 150, 154, NULL),
	('LU', 'Luxembourg', 442, 150, 155, NULL),
	('LV', 'Latvia', 428, 150, 154, NULL),
	('LY', 'Libya', 434, 2, 15, NULL),
	('MA', 'Morocco', 504, 2, 15, NULL),
	('MC', 'Monaco', 492, 150, 155, NULL),
	('MD', 'Moldova', 498, 150, 151, NULL),
	('ME', 'Montenegro', 499, 150, 39, NULL),
	('MF', 'St. Martin', 663, 19, 419, 29),
	('MG', 'Madagascar', 450, 2, 202, 14),
	('MH', 'Marshall Islands', 584, 9, 57, NULL),
	('MK', 'North Macedonia', 807, 150, 39, NULL),
	('ML', 'Mali', 466, 2, 202, 11),
	('MM', 'Myanmar', 104, 142, 35, NULL),
	('MN', 'Mongolia', 496, 142, 30, NULL),
	('MO', 'Macao', 446, 142, 30, NULL),
	('MP', 'Northern Mariana Islands', 580, 9, 57, NULL),
	('MQ', 'Martinique', 474, 19, 419, 29),
	('MR', 'Mauritania', 478, 2, 202, 11),
	('MS', 'Montserrat', 500, 19, 419, 29),
	('MT', 'Malta', 470, 150, 39, NULL),
	('MU', 'Mauritius', 480, 2, 202, 14),
	('MV', 'Maldives', 462, 142, 34, NULL),
	('MW', 'Malawi', 454, 2, 202, 14),
	('MX', 'Mexico', 484, 19, 419, 13),
	('MY', 'Malaysia', 458, 142, 35, NULL),
	('MZ', 'Mozambique', 508, 2, 202, 14),
	('NA', 'Namibia', 516, 2, 202, 18),
	('NC', 'New Caledonia', 540, 9, 54, NULL),
	('NE', 'Niger', 562, 2, 202, 11),
	('NF', 'Norfolk Island', 574, 9, 53, NULL),
	('NG', 'Nigeria', 566, 2, 202, 11),
	('NI', 'Nicaragua', 558, 19, 419, 13),
	('NL', 'Netherlands', 528, 150, 155, NULL),
	('NO', 'Norway', 578, 150, 154, NULL),
	('NP', 'Nepal', 524, 142, 34, NULL),
	('NR', 'Nauru', 520, 9, 57, NULL),
	('NU', 'Niue', 570, 9, 61, NULL),
	('NZ', 'New Zealand', 554, 9, 53, NULL),
	('OM', 'Oman', 512, 142, 145, NULL),
	('PA', 'Panama', 591, 19, 419, 13),
	('PE', 'Peru', 604, 19, 419, 5),
	('PF', 'French Polynesia', 258, 9, 61, NULL),
	('PG', 'Papua New Guinea', 598, 9, 54, NULL),
	('PH', 'Philippines', 608, 142, 35, NULL),
	('PK', 'Pakistan', 586, 142, 34, NULL),
	('PL', 'Poland', 616, 150, 151, NULL),
	('PM', 'St. Pierre & Miquelon', 666, 19, 21, NULL),
	('PN', 'Pitcairn', 612, 9, 61, NULL),
	('PR', 'Puerto Rico', 630, 19, 419, 29),
	('PS', 'Palestine', 275, 142, 145, NULL),
	('PT', 'Portugal', 620, 150, 39, NULL),
	('PW', 'Palau', 585, 9, 57, NULL),
	('PY', 'Paraguay', 600, 19, 419, 5),
	('QA', 'Qatar', 634, 142, 145, NULL),
	('RE', 'Réunion', 638, 2, 202, 14),
	('RO', 'Romania', 642, 150, 151, NULL),
	('RS', 'Serbia', 688, 150, 39, NULL),
	('RU', 'Russia', 643, 150, 151, NULL),
	('RW', 'Rwanda', 646, 2, 202, 14),
	('SA', 'Saudi Arabia', 682, 142, 145, NULL),
	('SB', 'Solomon Islands', 90, 9, 54, NULL),
	('SC', 'Seychelles', 690, 2, 202, 14),
	('SD', 'Sudan', 729, 2, 15, NULL),
	('SE', 'Sweden', 752, 150, 154, NULL),
	('SG', 'Singapore', 702, 142, 35, NULL),
	('SH', 'St. Helena', 654, 2, 202, 11),
	('SI', 'Slovenia', 705, 150, 39, NULL),
	('SJ', 'Svalbard & Jan Mayen', 744, 150, 154, NULL),
	('SK', 'Slovakia', 703, 150, 151, NULL),
	('SL', 'Sierra Leone', 694, 2, 202, 11),
	('SM', 'San Marino', 674, 150, 39, NULL),
	('SN', 'Senegal', 686, 2, 202, 11),
	('SO', 'Somalia', 706, 2, 202, 14),
	('SR', 'Suriname', 740, 19, 419, 5),
	('SS', 'South Sudan', 728, 2, 202, 14),
	('ST', 'São Tomé & Príncipe', 678, 2, 202, 17),
	('SV', 'El Salvador', 222, 19, 419, 13),
	('SX', 'Sint Maarten', 534, 19, 419, 29),
	('SY', 'Syria', 760, 142, 145, NULL),
	('SZ', 'Eswatini', 748, 2, 202, 18),
	('TC', 'Turks & Caicos Islands', 796, 19, 419, 29),
	('TD', 'Chad', 148, 2, 202, 17),
	('TF', 'French Southern Territories', 260, 2, 202, 14),
	('TG', 'Togo', 768, 2, 202, 11),
	('TH', 'Thailand', 764, 142, 35, NULL),
	('TJ', 'Tajikistan', 762, 142, 143, NULL),
	('TK', 'Tokelau', 772, 9, 61, NULL),
	('TL', 'Timor-Leste', 626, 142, 35, NULL),
	('TM', 'Turkmenistan', 795, 142, 143, NULL),
	('TN', 'Tunisia', 788, 2, 15, NULL),
	('TO', 'Tonga', 776, 9, 61, NULL),
	('TR', 'Türkiye', 792, 142, 145, NULL),
	('TT', 'Trinidad & Tobago', 780, 19, 419, 29),
	('TV', 'Tuvalu', 798, 9, 61, NULL),
	('TW', 'Taiwan', 158, 142, 30, NULL),
	('TZ', 'Tanzania', 834, 2, 202, 14),
	('UA', 'Ukraine', 804, 150, 151, NULL),
	('UG', 'Uganda', 800, 2, 202, 14),
	('UM', 'U.S. Outlying Islands', 581, 9, 57, NULL),
	('US', 'US', 840, 19, 21, NULL),
	('UY', 'Uruguay', 858, 19, 419, 5),
	('UZ', 'Uzbekistan', 860, 142, 143, NULL),
	('VA', 'Vatican City', 336, 150, 39, NULL),
	('VC', 'St. Vincent & Grenadines', 670, 19, 419, 29),
	('VE', 'Venezuela', 862, 19, 419, 5),
	('VG', 'British Virgin Islands', 92, 19, 419, 29),
	('VI', 'U.S. Virgin Islands', 850, 19, 419, 29),
	('VN', 'Vietnam', 704, 142, 35, NULL),
	('VU', 'Vanuatu', 548, 9, 54, NULL),
	('WF', 'Wallis & Futuna', 876, 9, 61, NULL),
	('WS', 'Samoa', 882, 9, 61, NULL),
	('YE', 'Yemen', 887, 142, 145, NULL),
	('YT', 'Mayotte', 175, 2, 202, 14),
	('ZA', 'South Africa', 710, 2, 202, 18),
	('ZM', 'Zambia', 894, 2, 202, 14),
	('ZW', 'Zimbabwe', 716, 2, 202, 14);

CREATE TABLE ref.region (
	m49 smallint PRIMARY KEY,
	name text NOT NULL
);
COMMENT ON TABLE ref.region IS 'UN M49 regions, sub-regions and intermediate regions';
COMMENT ON COLUMN ref.region.m49 IS 'UN M49 code';
COMMENT ON COLUMN ref.region.name IS 'English name';
INSERT INTO ref.region VALUES
	(2, 'Africa'),
	(5, 'South America'),
	(9, 'Oceania'),
	(11, 'Western Africa'),
	(13, 'Central America'),
	(14, 'Eastern Africa'),
	(15, 'Northern Africa'),
	(17, 'Middle Africa'),
	(18, 'Southern Africa'),
	(19, 'Americas'),
	(21, 'Northern America'),
	(29, 'Caribbean'),
	(30, 'Eastern Asia'),
	(34, 'Southern Asia'),
	(35, 'South-eastern Asia'),
	(39, 'Southern Europe'),
	(53, 'Australia and New Zealand'),
	(54, 'Melanesia'),
	(57, 'Micronesia'),
	(61, 'Polynesia'),
	(142, 'Asia'),
	(143, 'Central Asia'),
	(145, 'Western Asia'),
	(150, 'Europe'),
	(151, 'Eastern Europe'),
	(154, 'Northern Europe'),
	(155, 'Western Europe'),
	(202, 'Sub-Saharan Africa'),
	(419, 'Latin America and the Caribbean');

CREATE VIEW ref.region_member AS
	SELECT region AS m49, iso2 FROM ref.country WHERE region IS NOT NULL
	UNION SELECT subregion, iso2 FROM ref.country WHERE subregion IS NOT NULL
	UNION SELECT intermediate, iso2 FROM ref.country WHERE intermediate IS NOT NULL;
COMMENT ON VIEW ref.region_member IS 'Members of each region at all three levels; regions are nested';
COMMENT ON COLUMN ref.region_member.m49 IS 'ref.region.m49';
COMMENT ON COLUMN ref.region_member.iso2 IS 'ref.country.iso2';

CREATE TABLE ref.interest_group (
	name text PRIMARY KEY,
	title text NOT NULL,
	in_table boolean NOT NULL DEFAULT false,
	place smallint NOT NULL,
	note text
);
COMMENT ON TABLE ref.interest_group IS 'Groups of states that can see traffic in any member''s territory. More are added as data';
COMMENT ON COLUMN ref.interest_group.name IS 'Key';
COMMENT ON COLUMN ref.interest_group.title IS 'As printed';
COMMENT ON COLUMN ref.interest_group.in_table IS 'Shown in the standard table';
COMMENT ON COLUMN ref.interest_group.place IS 'Order in tables';
COMMENT ON COLUMN ref.interest_group.note IS 'Source and choices';

CREATE TABLE ref.group_member (
	name text NOT NULL REFERENCES ref.interest_group ON DELETE CASCADE,
	iso2 char(2) NOT NULL REFERENCES ref.country,
	valid_from date NOT NULL DEFAULT '-infinity',
	valid_to date NOT NULL DEFAULT 'infinity',
	PRIMARY KEY (name, iso2, valid_from)
);
COMMENT ON TABLE ref.group_member IS 'Dated membership; a measurement is judged by the members of its own day';
COMMENT ON COLUMN ref.group_member.name IS 'ref.interest_group.name';
COMMENT ON COLUMN ref.group_member.iso2 IS 'Member';
COMMENT ON COLUMN ref.group_member.valid_from IS 'First day of membership';
COMMENT ON COLUMN ref.group_member.valid_to IS 'First day no longer a member';

INSERT INTO ref.interest_group VALUES
	('5eyes', '5 Eyes', true, 1, 'UKUSA: AU CA GB NZ US. The published slide leaves out Australia, its figures do not'),
	('5eyes-slide', '5 Eyes (slide)', false, 6, 'As printed on the slide of the talk: without Australia'),
	('eu', 'EU', true, 2, 'European Union by date of accession and leaving'),
	('china', 'China', true, 3, 'CN alone: Hong Kong is not counted, as in the published figures'),
	('russia', 'Russia', false, 4, 'RU'),
	('arab-league', 'Arab League', false, 5, 'All 22 members');
INSERT INTO ref.group_member (name, iso2)
	SELECT '5eyes', unnest(ARRAY['AU', 'CA', 'GB', 'NZ', 'US'])
	UNION ALL SELECT '5eyes-slide', unnest(ARRAY['CA', 'GB', 'NZ', 'US'])
	UNION ALL SELECT 'china', 'CN'
	UNION ALL SELECT 'russia', 'RU'
	UNION ALL SELECT 'arab-league', unnest(ARRAY['AE', 'BH', 'DJ', 'DZ', 'EG', 'IQ', 'JO', 'KM',
		'KW', 'LB', 'LY', 'MA', 'MR', 'OM', 'PS', 'QA', 'SA', 'SD', 'SO', 'SY', 'TN', 'YE']);
INSERT INTO ref.group_member (name, iso2, valid_from, valid_to)
	SELECT 'eu', unnest(ARRAY['BE', 'DE', 'FR', 'IT', 'LU', 'NL']), date '1958-01-01', date 'infinity'
	UNION ALL SELECT 'eu', unnest(ARRAY['DK', 'IE']), '1973-01-01', 'infinity'
	UNION ALL SELECT 'eu', 'GB', '1973-01-01', '2020-02-01'
	UNION ALL SELECT 'eu', 'GR', '1981-01-01', 'infinity'
	UNION ALL SELECT 'eu', unnest(ARRAY['ES', 'PT']), '1986-01-01', 'infinity'
	UNION ALL SELECT 'eu', unnest(ARRAY['AT', 'FI', 'SE']), '1995-01-01', 'infinity'
	UNION ALL SELECT 'eu', unnest(ARRAY['CY', 'CZ', 'EE', 'HU', 'LT', 'LV', 'MT', 'PL', 'SI', 'SK']),
		'2004-05-01', 'infinity'
	UNION ALL SELECT 'eu', unnest(ARRAY['BG', 'RO']), '2007-01-01', 'infinity'
	UNION ALL SELECT 'eu', 'HR', '2013-07-01', 'infinity';

CREATE TABLE ref.table_row (
	tab text NOT NULL CHECK (tab IN ('leaving', 'groups')),
	place smallint NOT NULL,
	m49 smallint NOT NULL REFERENCES ref.region,
	title text NOT NULL,
	PRIMARY KEY (tab, place)
);
COMMENT ON TABLE ref.table_row IS 'Rows of the two standard tables. Rows are nested: never sum a column';
COMMENT ON COLUMN ref.table_row.tab IS 'leaving or groups';
COMMENT ON COLUMN ref.table_row.place IS 'Order';
COMMENT ON COLUMN ref.table_row.m49 IS 'Region whose pairs the row counts: both ends inside';
COMMENT ON COLUMN ref.table_row.title IS 'As printed in the published tables';
INSERT INTO ref.table_row VALUES
	('leaving', 1, 150, 'Europe'), ('leaving', 2, 9, 'Oceania'), ('leaving', 3, 142, 'Asia'),
	('leaving', 4, 19, 'Americas'), ('leaving', 5, 5, 'South America'),
	('leaving', 6, 21, 'Northern America'), ('leaving', 7, 2, 'Africa'),
	('groups', 1, 150, 'Europe'), ('groups', 2, 9, 'Oceania'), ('groups', 3, 142, 'Asia'),
	('groups', 4, 5, 'South America'), ('groups', 5, 21, 'North America'), ('groups', 6, 2, 'Africa');

CREATE TABLE ref.app_sign (
	app text NOT NULL,
	kind text NOT NULL CHECK (kind IN ('domain', 'port')),
	value text NOT NULL,
	PRIMARY KEY (app, kind, value)
);
COMMENT ON TABLE ref.app_sign IS 'What is known of messengers'' servers: one part of the evidence, never the whole. App push holds push services';
COMMENT ON COLUMN ref.app_sign.app IS 'Messenger, or push';
COMMENT ON COLUMN ref.app_sign.kind IS 'domain: a name and all below it; port: a server port';
COMMENT ON COLUMN ref.app_sign.value IS 'The domain or the port';
INSERT INTO ref.app_sign VALUES
	('textsecure', 'domain', 'whispersystems.org'), ('textsecure', 'domain', 'signal.org'),
	('textsecure', 'domain', 'textsecure.example'), ('textsecure', 'port', '443'),
	('threema', 'domain', 'threema.ch'), ('threema', 'domain', 'threema.example'),
	('threema', 'port', '5222'), ('threema', 'port', '443'),
	('wechat', 'domain', 'weixin.qq.com'), ('wechat', 'domain', 'wechat.com'),
	('wechat', 'domain', 'wechat.example'), ('wechat', 'port', '8080'),
	('wechat', 'port', '443'), ('wechat', 'port', '80'),
	('whatsapp', 'domain', 'whatsapp.net'), ('whatsapp', 'domain', 'whatsapp.com'),
	('whatsapp', 'domain', 'whatsapp.example'), ('whatsapp', 'port', '5222'),
	('whatsapp', 'port', '443'),
	('push', 'domain', 'mtalk.google.com'), ('push', 'domain', 'push.phone.example'),
	('push', 'port', '5228'), ('push', 'port', '5229'), ('push', 'port', '5230');

GRANT USAGE ON SCHEMA ref TO waymark_store, waymark_judge, waymark_read;
GRANT SELECT ON ALL TABLES IN SCHEMA ref TO waymark_store, waymark_judge, waymark_read;
